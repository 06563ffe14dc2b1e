"""What outlives the process: owners of orders, conversations, revocations, idempotency keys.

A store reads and writes, and decides nothing: rules are in `server/services` and
`server/auth`.  The history of channels is the broker's, in `server/pubsub`.
"""
