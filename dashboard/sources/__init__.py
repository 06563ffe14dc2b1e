"""Where the workbench's data comes from: the feed, the clients of the HTTP APIs, saved messages.

Shared by all tabs and thread-safe.  Connections of a single tab are in ``sockets``, what becomes
of the data in ``state``.
"""
