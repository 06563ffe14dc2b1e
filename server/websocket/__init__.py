"""WebSocket connections: from the handshake to the bytes that are written to sockets.

Frames, keep-alive, send queues, batched writes and slow consumers belong here.  What a message
means belongs in `server/session`, and who receives a publication in `server/pubsub`.
"""
