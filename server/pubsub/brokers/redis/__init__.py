"""The redis package of server."""
