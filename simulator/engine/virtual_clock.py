"""Virtual clock: real time multiplied by ``speed``, or paused.

Pure; callers pass the time of a monotonic clock.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_CATCH_UP_S = 5.0
"""Longest gap in real seconds that is simulated; the rest is skipped (the machine was asleep)."""


class ElapsedTime(NamedTuple):
    """Virtual seconds to simulate now, and those to skip first."""

    simulated: float
    skipped: float


class VirtualClock:
    """Converts real to virtual seconds; ``speed`` is virtual seconds per real second."""

    def __init__(self, now: float, speed: float) -> None:
        self._last = now
        self.speed = speed
        self.is_running = True

    def advance(self, now: float) -> ElapsedTime:
        """Return the virtual time since the last call; call it before changing the clock."""
        real, self._last = now - self._last, now
        if not self.is_running:
            return ElapsedTime(0.0, 0.0)
        simulated = min(real, MAX_CATCH_UP_S)
        return ElapsedTime(simulated * self.speed, (real - simulated) * self.speed)
