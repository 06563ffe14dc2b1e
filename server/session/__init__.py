"""One client's conversation: its requests, subscriptions, limits and deadlines.

Nothing here does input or output or reads a clock: sessions return effects, and what they need
comes through protocols.  Sockets and frames belong in `server/websocket`, permissions in
`server/auth`.
"""
