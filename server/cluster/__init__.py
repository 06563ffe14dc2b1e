"""What the nodes of a cluster know of one another: messages, membership, leader, limits.

A single node has the same interface (`cluster.py`).  Publications do not pass through here:
they are the broker's, in `server/pubsub`.
"""
