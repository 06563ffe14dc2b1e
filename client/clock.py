"""Seconds since the epoch that run evenly.

The wall clock may be set while a client waits for its next heartbeat; the monotonic clock
knows no date.  This one starts with the first and goes on with the second.
"""

from __future__ import annotations

import time

_START = time.time() - time.monotonic()


def steady() -> float:
    """Return the time in seconds since the epoch; never goes back, never jumps."""
    return _START + time.monotonic()
