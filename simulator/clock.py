"""Virtual time: as fast as real time, up to sixty times as fast, or standing still.

Pure: is told what a monotonic clock shows.
"""

from __future__ import annotations

from typing import NamedTuple

LONGEST_CATCH_UP_S = 5.0
"""After a longer pause in real time (the machine slept) the rest of it is passed over."""


class Passed(NamedTuple):
    """Virtual seconds: those to live through now, and those to pass over before."""

    lived: float
    skipped: float


class Clock:
    """Turns real seconds into virtual ones; ``speed`` is how many of them pass in one."""

    def __init__(self, now: float, speed: float) -> None:
        self._last = now
        self.speed = speed
        self.is_running = True

    def passed(self, now: float) -> Passed:
        """Say what has passed since this was asked last: ask it before anything is changed."""
        real, self._last = now - self._last, now
        if not self.is_running:
            return Passed(0.0, 0.0)
        lived = min(real, LONGEST_CATCH_UP_S)
        return Passed(lived * self.speed, (real - lived) * self.speed)
