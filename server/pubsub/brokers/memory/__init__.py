"""The memory package of server."""
