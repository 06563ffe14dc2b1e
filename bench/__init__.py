"""Benchmark: the server compared with raw socket writes and with a plain aiohttp server."""
