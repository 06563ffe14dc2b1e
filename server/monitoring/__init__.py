"""The monitoring package of server."""
