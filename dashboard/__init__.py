"""The workbench: Streamlit pages that show the server's traffic live.

It reaches the server and the simulator only through their public APIs.
"""
