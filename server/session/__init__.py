"""The session package of server."""
