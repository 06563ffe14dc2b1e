"""How much a client may send, and how much it may have replayed.

Pure; callers pass the current time, in seconds of any monotonic clock.
"""

from __future__ import annotations

from enum import Enum, auto

from protocol.channels import Channel

REPLAY_WINDOW_S = 10.0
NO_CHANNELS: frozenset[Channel] = frozenset()  # shared, as each set takes 216 bytes
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


class ReplayLimit:
    """Holds the replays of one connection to a rate, averaged over ten seconds.

    The first replay of each channel is free, so that a client that comes back always gets all
    it has missed; ``max_channels`` limits how many are remembered.
    """

    __slots__ = ("_bytes_left", "_bytes_per_s", "_known", "_max_channels", "_updated_at")

    def __init__(self, bytes_per_s: float, max_channels: int, now: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._max_channels = max_channels
        self._known = NO_CHANNELS
        self._bytes_left, self._updated_at = bytes_per_s * REPLAY_WINDOW_S, now

    def allows(self, channel: Channel, now: float) -> bool:
        """Tell whether a channel may be replayed now."""
        gained = max(0.0, now - self._updated_at) * self._bytes_per_s
        self._bytes_left = min(self._bytes_left + gained, self._bytes_per_s * REPLAY_WINDOW_S)
        self._updated_at = now
        is_first = channel not in self._known and len(self._known) < self._max_channels
        return is_first or self._bytes_left > 0

    def record(self, channel: Channel, size: int) -> None:
        """Count a replay of so many bytes."""
        if channel in self._known or len(self._known) >= self._max_channels:
            self._bytes_left -= size
        else:
            self._known |= {channel}


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
