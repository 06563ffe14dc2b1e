"""Virtual clock: real time times ``speed``, or paused.

Pure; callers pass the time of a monotonic clock.
"""

from __future__ import annotations

from typing import NamedTuple

LONGEST_CATCH_UP_S = 5.0
"""After a longer gap in real time (the machine slept) the rest is skipped."""


class Passed(NamedTuple):
    """Virtual seconds to simulate now, and to skip before that."""

    lived: float
    skipped: float


class Clock:
    """Turns real seconds into virtual ones; ``speed`` is how many of them pass in one."""

    def __init__(self, now: float, speed: float) -> None:
        self._last = now
        self.speed = speed
        self.is_running = True

    def passed(self, now: float) -> Passed:
        """Return the time since the last call; call it before any change."""
        real, self._last = now - self._last, now
        if not self.is_running:
            return Passed(0.0, 0.0)
        lived = min(real, LONGEST_CATCH_UP_S)
        return Passed(lived * self.speed, (real - lived) * self.speed)
