"""What a cluster keeps and sends in Redis: keys, formats and Lua scripts.

Servers use it, and so does the publisher of `client`, which writes to Redis without a
server.  Nothing here connects to Redis.
"""
