"""Application heartbeat: pings the server and detects that it does not respond.

Pure; callers pass the current time (any monotonic clock).
"""

from __future__ import annotations

PING_AFTER_S = 20.0
"""Interval of pings; they also measure the round trip on a busy connection."""
DEAD_AFTER_S = 30.0
"""A server that sent nothing for this long is considered dead: it had 10 s to answer a ping."""


class Heartbeat:
    """Tracks the activity of the current connection."""

    def __init__(self, ping_after_s: float, dead_after_s: float) -> None:
        self._ping_after_s, self._dead_after_s = ping_after_s, dead_after_s
        self._asked: dict[str, float] = {}
        self._heard_at = self._ping_at = 0.0
        self.round_trip_ms: float | None = None

    def begin(self, now: float) -> None:
        """Reset for a new connection; opening it counts as activity."""
        self._asked.clear()
        self._heard_at, self._ping_at = now, now + self._ping_after_s

    def heard(self, now: float) -> None:
        """Record activity: any frame."""
        self._heard_at = now

    @property
    def due(self) -> float:
        """When to check again."""
        return min(self._ping_at, self._heard_at + self._dead_after_s)

    def is_dead(self, now: float) -> bool:
        """Return whether the server timed out."""
        return now >= self._heard_at + self._dead_after_s

    def wants_ping(self, now: float) -> bool:
        """Return whether a ping is due."""
        return now >= self._ping_at

    def asked(self, id: str, now: float) -> None:
        """Record that a ping with this id is sent."""
        self._asked[id] = now
        self._ping_at = now + self._ping_after_s

    def answered(self, id: object, now: float) -> bool:
        """Handle a pong; returns whether it answers one of these pings."""
        if not isinstance(id, str) or id not in self._asked:
            return False
        self.round_trip_ms = (now - self._asked.pop(id)) * 1000
        return True
