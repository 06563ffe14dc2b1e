"""Monotonic seconds since the epoch.

The wall clock may be adjusted; the monotonic clock has no date.  This one starts with the wall
clock and advances with the monotonic one.
"""

from __future__ import annotations

import time

_EPOCH_OFFSET = time.time() - time.monotonic()


def monotonic_epoch() -> float:
    """Return the time in seconds since the epoch; never goes back, never jumps."""
    return _EPOCH_OFFSET + time.monotonic()
