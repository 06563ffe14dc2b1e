"""The services package of server."""
