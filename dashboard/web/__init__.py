"""HTTP routes beside Streamlit's own, and middleware of its web server.

Pages do not belong here: they are in ``views``.
"""
