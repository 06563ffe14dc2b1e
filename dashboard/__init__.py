"""The workbench's pages: what passes through the server, drawn live in a browser.

Knows the server and the simulator as any client would, over their sockets.
"""
