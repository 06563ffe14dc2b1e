"""Virtual clock: real time times ``speed``, or paused.

Pure; callers pass the time of a monotonic clock.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_CATCH_UP_S = 5.0
"""After a longer gap in real time (the machine slept) the rest is skipped."""


class ElapsedTime(NamedTuple):
    """Virtual seconds to simulate now, and to skip before that."""

    simulated: float
    skipped: float


class VirtualClock:
    """Turns real seconds into virtual ones; ``speed`` is how many of them pass in one."""

    def __init__(self, now: float, speed: float) -> None:
        self._last = now
        self.speed = speed
        self.is_running = True

    def advance(self, now: float) -> ElapsedTime:
        """Return the time since the last call; call it before any change."""
        real, self._last = now - self._last, now
        if not self.is_running:
            return ElapsedTime(0.0, 0.0)
        lived = min(real, MAX_CATCH_UP_S)
        return ElapsedTime(lived * self.speed, (real - lived) * self.speed)
