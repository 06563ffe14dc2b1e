"""Control API: HTTP server, parsing of commands, and building of responses.

The types of commands and responses are in ``protocol.simulator_api``, which the workbench uses,
too.  Executing a command is up to the runner and the shop.
"""
