"""Client library: reconnecting WebSocket clients and publishers.

``client.threaded`` is for scripts and Streamlit, ``client.aio`` for asyncio; both drive the
sans-I/O core in ``client.session``.
"""
