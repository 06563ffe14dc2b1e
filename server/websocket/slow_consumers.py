"""When a client counts as a slow consumer.  Pure: callers pass the current time.

The limits are settings.  A client may exceed its limit for a moment, as a burst makes it do,
but never by much; the batch writer asks whenever a socket is full.  One that takes nothing at
all is closed however little waits for it, and so are the fullest queues while all queues
together exceed their limit.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from server.websocket.send_queue import SendQueue

SOFT_LIMIT_GRACE_S = 1.0  # how long a client may be over its limit
HARD_LIMIT_FACTOR = 4  # times the limit that may never be queued, not even for a moment


class QueueLimits(Struct, frozen=True):
    """Of one send queue, of all together, and how long a client may take nothing."""

    client_bytes: int
    total_bytes: int
    stall_timeout_s: float


def exceeds_limit(queue: SendQueue, limit_bytes: int, now: float) -> bool:
    """Tell whether a client has been over its limit for too long, or is far over it.

    The caller clears ``over_limit_since`` when the client is within its limit.
    """
    queued = queue.queued_bytes
    if queued <= limit_bytes:
        return False
    if queue.over_limit_since is None:
        queue.over_limit_since = now
    return (
        queued > HARD_LIMIT_FACTOR * limit_bytes
        or now - queue.over_limit_since > SOFT_LIMIT_GRACE_S
    )


def is_stalled(queue: SendQueue, timeout_s: float, now: float) -> bool:
    """Tell whether a client has taken no byte for so long while something waits for it."""
    taken = queue.buffered_in_all - queue.transport.get_write_buffer_size()
    if not queue.queued_bytes:
        queue.taken, queue.progress_at = taken, None
        return False
    if queue.progress_at is None or taken != queue.taken:
        queue.taken, queue.progress_at = taken, now
    return now - queue.progress_at >= timeout_s


def fullest_over(queues: Collection[SendQueue], limit_bytes: int) -> list[SendQueue]:
    """Return the fullest queues without which the others are within a limit together."""
    sizes = sorted(((queue.queued_bytes, queue) for queue in queues), key=lambda each: -each[0])
    excess = sum(size for size, _ in sizes) - limit_bytes
    fullest = []
    for size, queue in sizes:
        if excess <= 0:
            break
        fullest.append(queue)
        excess -= size
    return fullest
