"""The threaded client, for scripts and Streamlit.

The connection over websocket-client and the thread that owns it.  Rules of the protocol belong in
``client.sans_io``.
"""
