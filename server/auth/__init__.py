"""The auth package of server."""
