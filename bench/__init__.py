"""How fast the server is, next to what a write costs and to a plain server, on this machine."""
