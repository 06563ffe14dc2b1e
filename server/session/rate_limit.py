"""How much a client may send: a token bucket, and patience with those who overrun it.

Pure: told the time, in seconds of any one clock.
"""

from __future__ import annotations

from enum import Enum, auto

VIOLATION_REFILL_RATE = 0.1  # refusals forgiven a second, as a share of the rate


class RateLimitVerdict(Enum):
    """What to do with the next message."""

    ALLOW = auto()
    REJECT = auto()
    DISCONNECT = auto()


class TokenBucket:
    """Holds up to ``size`` tokens, starts full and gains ``rate`` a second."""

    __slots__ = ("_capacity", "_rate", "_tokens", "_updated_at")

    def __init__(self, rate: float, capacity: float, now: float) -> None:
        self._rate, self._capacity = rate, capacity
        self._tokens, self._updated_at = capacity, now

    def take(self, now: float) -> bool:
        """Take one token, if there is one."""
        left = self._tokens + (now - self._updated_at) * self._rate
        if left > self._capacity:
            left = self._capacity
        self._updated_at = now
        self._tokens = left - 1 if left >= 1 else left
        return left >= 1


class RateLimit:
    """Lets ``burst`` messages through at once and ``rate`` a second after that.

    What comes over it is refused.  ``burst`` refusals are forgiven, and a tenth of the rate
    a second after that; a client beyond them does not listen, and is hung up on.
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
