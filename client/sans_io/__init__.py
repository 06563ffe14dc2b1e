"""The client's logic without input and output: state, subscriptions, requests, reconnecting.

Everything here is pure: no socket, no thread, no clock.  What reads, writes or waits belongs in
``client.sync`` or ``client.asyncio``.
"""
