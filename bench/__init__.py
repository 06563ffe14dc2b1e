"""Benchmark: the server compared with raw socket writes and with a plain aiohttp server.

``servers`` starts what is measured, ``load`` generates and verifies traffic, ``measurements`` has
one module for each ``--only`` name.  Tests of correctness belong in ``tests``.
"""
