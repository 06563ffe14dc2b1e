"""Client library: reconnecting WebSocket clients and publishers.

``client.sync.client`` is for scripts and Streamlit, ``client.asyncio.client`` for asyncio; both
drive the sans-I/O core in ``client.sans_io.client``.  Beside them stand the parts that are the
same for both, tokens for demo users, and what a workbench needs to inspect a server: the raw
connection, the frame recorder and the HTTP client.  What is displayed or translated does not
belong here.
"""
