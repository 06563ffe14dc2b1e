"""Whether the server is still there: asks it now and then, and says when it is dead.

Pure: told the time, in seconds of any one clock.
"""

from __future__ import annotations

PING_AFTER_S = 20.0
"""A ping is sent this often.  So a server that has been silent for so long has been asked,
and on a busy connection there is a round trip to show as well."""
DEAD_AFTER_S = 30.0
"""A server not heard of for so long, a ping of ours and the server's own (every 54 s)
included, is taken for dead: 10 s are enough to answer a ping."""


class Heartbeat:
    """The signs of life of one connection at a time."""

    def __init__(self, ping_after_s: float, dead_after_s: float) -> None:
        self._ping_after_s, self._dead_after_s = ping_after_s, dead_after_s
        self._asked: dict[str, float] = {}
        self._heard_at = self._ping_at = 0.0
        self.round_trip_ms: float | None = None

    def begin(self, now: float) -> None:
        """Start over with a new connection; its opening is the first sign of life."""
        self._asked.clear()
        self._heard_at, self._ping_at = now, now + self._ping_after_s

    def heard(self, now: float) -> None:
        """Note a sign of life: any frame."""
        self._heard_at = now

    @property
    def due(self) -> float:
        """When to look again."""
        return min(self._ping_at, self._heard_at + self._dead_after_s)

    def is_dead(self, now: float) -> bool:
        """Tell whether the server has been silent for too long."""
        return now >= self._heard_at + self._dead_after_s

    def wants_ping(self, now: float) -> bool:
        """Tell whether it is time to ask."""
        return now >= self._ping_at

    def asked(self, id: str, now: float) -> None:
        """Note that a ping with this id leaves."""
        self._asked[id] = now
        self._ping_at = now + self._ping_after_s

    def answered(self, id: object, now: float) -> bool:
        """Take a pong; tells whether it answers one of these pings."""
        if not isinstance(id, str) or id not in self._asked:
            return False
        self.round_trip_ms = (now - self._asked.pop(id)) * 1000
        return True
