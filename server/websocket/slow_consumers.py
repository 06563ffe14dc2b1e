"""When a client counts as a slow consumer.  Pure: callers pass the current time.

The limit is a setting.  A client may exceed it for a moment, as a burst makes it do, but
never by much.  The batch writer asks whenever a socket is full.
"""

from __future__ import annotations

from server.websocket.send_queue import SendQueue

SOFT_LIMIT_GRACE_S = 1.0  # how long a client may be over its limit
HARD_LIMIT_FACTOR = 4  # times the limit that may never be queued, not even for a moment


def exceeds_limit(queue: SendQueue, limit_bytes: int, now: float) -> bool:
    """Tell whether a client has been over its limit for too long, or is far over it."""
    queued = queue.queued_bytes
    if queued <= limit_bytes:
        queue.over_limit_since = None
        return False
    if queue.over_limit_since is None:
        queue.over_limit_since = now
    return (
        queued > HARD_LIMIT_FACTOR * limit_bytes
        or now - queue.over_limit_since > SOFT_LIMIT_GRACE_S
    )
