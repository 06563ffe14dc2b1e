"""How Python programs talk to the server: its WebSocket, kept alive, and its HTTP side.

``client.threaded`` for scripts and Streamlit, ``client.aio`` for asyncio; both are shells
around ``client.session``, which decides everything and touches nothing.
"""
