"""How much a client may send: one token bucket for messages, one for violations.

Pure; callers pass the current time, in seconds of any monotonic clock.
"""

from __future__ import annotations

from enum import Enum, auto

VIOLATION_REFILL_RATE = 0.1  # violations forgiven per second, as a fraction of the rate


class RateLimitVerdict(Enum):
    """What to do with a message."""

    ALLOW = auto()
    REJECT = auto()
    DISCONNECT = auto()


class TokenBucket:
    """Holds up to ``capacity`` tokens, starts full and gains ``rate`` per second."""

    __slots__ = ("_capacity", "_rate", "_tokens", "_updated_at")

    def __init__(self, rate: float, capacity: float, now: float) -> None:
        self._rate, self._capacity = rate, capacity
        self._tokens, self._updated_at = capacity, now

    def take(self, now: float) -> bool:
        """Take one token, if there is one."""
        left = self._tokens + max(0.0, now - self._updated_at) * self._rate
        if left > self._capacity:
            left = self._capacity
        self._updated_at = now
        self._tokens = left - 1 if left >= 1 else left
        return left >= 1


class RateLimit:
    """Allows ``burst`` messages at once and ``rate`` per second after that.

    Messages above the limit are rejected.  ``burst`` rejections are tolerated, and a tenth of
    the rate per second after that; a client that continues is disconnected.
    """

    __slots__ = ("_message_bucket", "_violation_bucket")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._message_bucket = TokenBucket(rate, burst, now)
        self._violation_bucket = TokenBucket(rate * VIOLATION_REFILL_RATE, burst, now)

    def check(self, now: float) -> RateLimitVerdict:
        """Count one message."""
        if self._message_bucket.take(now):
            return RateLimitVerdict.ALLOW
        return (
            RateLimitVerdict.REJECT
            if self._violation_bucket.take(now)
            else RateLimitVerdict.DISCONNECT
        )
