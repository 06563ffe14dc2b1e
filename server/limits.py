"""How much a client may send: a token bucket, and patience with those who overrun it.

Pure: told the time, in seconds of any one clock.
"""

from __future__ import annotations

from enum import Enum, auto

FORGIVENESS = 0.1  # refusals forgiven a second, as a share of the rate


class Verdict(Enum):
    """What to do with the next message."""

    TAKE = auto()
    REFUSE = auto()
    HANG_UP = auto()


class Bucket:
    """Holds up to ``size`` tokens, starts full and gains ``rate`` a second."""

    __slots__ = ("_left", "_rate", "_size", "_when")

    def __init__(self, rate: float, size: float, now: float) -> None:
        self._rate, self._size = rate, size
        self._left, self._when = size, now

    def take(self, now: float) -> bool:
        """Take one token, if there is one."""
        left = self._left + (now - self._when) * self._rate
        if left > self._size:
            left = self._size
        self._when = now
        self._left = left - 1 if left >= 1 else left
        return left >= 1


class RateLimit:
    """Lets ``burst`` messages through at once and ``rate`` a second after that.

    What comes over it is refused.  ``burst`` refusals are forgiven, and a tenth of the rate
    a second after that; a client beyond them does not listen, and is hung up on.
    """

    __slots__ = ("_messages", "_refusals")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._messages = Bucket(rate, burst, now)
        self._refusals = Bucket(rate * FORGIVENESS, burst, now)

    def judge(self, now: float) -> Verdict:
        """Count one message."""
        if self._messages.take(now):
            return Verdict.TAKE
        return Verdict.REFUSE if self._refusals.take(now) else Verdict.HANG_UP
