"""The asyncio client.

The connection over aiohttp and the task that owns it.  Rules of the protocol belong in
``client.sans_io``.
"""
