"""The sockets package of dashboard."""
