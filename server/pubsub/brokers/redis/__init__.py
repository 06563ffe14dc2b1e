"""The broker of a cluster, on Redis or a Redis Cluster.

Publishing, Pub/Sub connections and history belong here.  The keys, the scripts and the format
that clients share belong in `protocol/redis`, and connecting to Redis in `server/redis_client`.
"""
