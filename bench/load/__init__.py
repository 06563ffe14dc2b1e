"""Load processes: they connect, send, receive and verify.

Nothing here knows what is measured; that belongs in ``bench.measurements``.
"""
