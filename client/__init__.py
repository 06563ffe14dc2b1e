"""Client library: reconnecting WebSocket clients and publishers.

``client.sync.client`` is for scripts and Streamlit, ``client.asyncio.client`` for asyncio; both drive the
sans-I/O core in ``client.sans_io.client``.
"""
