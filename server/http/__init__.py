"""The http package of server."""
