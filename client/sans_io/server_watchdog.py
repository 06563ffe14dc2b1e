"""Application heartbeat: pings the server and detects that it does not respond.

Pure; callers pass the current time (any monotonic clock).
"""

from __future__ import annotations

PING_INTERVAL_S = 20.0
"""Interval of pings; they also measure the round trip on a busy connection."""
SERVER_TIMEOUT_S = 30.0
"""A server that sent nothing for this long is considered dead: it had 10 s to answer a ping."""


class ServerWatchdog:
    """Tracks the activity of the current connection."""

    def __init__(self, ping_interval_s: float, server_timeout_s: float) -> None:
        self._ping_interval_s, self._server_timeout_s = ping_interval_s, server_timeout_s
        self._sent_pings: dict[str, float] = {}
        self._last_activity_at = self._next_ping_at = 0.0
        self.round_trip_ms: float | None = None

    def start(self, now: float) -> None:
        """Reset for a new connection; opening it counts as activity."""
        self._sent_pings.clear()
        self._last_activity_at, self._next_ping_at = now, now + self._ping_interval_s

    def on_activity(self, now: float) -> None:
        """Record activity: any frame."""
        self._last_activity_at = now

    @property
    def next_check_at(self) -> float:
        """When to check again."""
        return min(self._next_ping_at, self._last_activity_at + self._server_timeout_s)

    def has_timed_out(self, now: float) -> bool:
        """Return whether the server timed out."""
        return now >= self._last_activity_at + self._server_timeout_s

    def is_ping_due(self, now: float) -> bool:
        """Return whether a ping is due."""
        return now >= self._next_ping_at

    def on_ping_sent(self, id: str, now: float) -> None:
        """Record that a ping with this id is sent."""
        self._sent_pings[id] = now
        self._next_ping_at = now + self._ping_interval_s

    def on_pong(self, id: object, now: float) -> bool:
        """Handle a pong; returns whether it answers one of these pings."""
        if not isinstance(id, str) or id not in self._sent_pings:
            return False
        self.round_trip_ms = (now - self._sent_pings.pop(id)) * 1000
        return True
