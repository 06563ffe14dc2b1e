"""The contract between programs: messages, channels, publications, errors, and two HTTP APIs.

Only types, their encoding and their validation belong here.  No module uses sockets, clocks or
threads; ``protocol.redis`` defines what is stored in Redis and leaves the connection to callers.
"""
