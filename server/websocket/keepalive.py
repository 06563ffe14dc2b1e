"""When to ping a silent client, and when it counts as gone.  Pure: callers pass the time.

Anything a client sends shows that it is alive; a client answers a ping with a pong.
"""

from __future__ import annotations

PING_INTERVAL_S = 54.0  # of silence, until a ping
IDLE_TIMEOUT_S = 59.0  # so that the 60 s of docs/protocol.md are not exceeded between two checks


class Keepalive:
    """The times at which one client was last received from and last pinged."""

    __slots__ = ("_last_ping_at", "last_received_at")

    def __init__(self, now: float) -> None:
        self.last_received_at = self._last_ping_at = now

    @property
    def idle_at(self) -> float:
        """When the client counts as gone, unless it sends something before."""
        return self.last_received_at + IDLE_TIMEOUT_S

    @property
    def ping_at(self) -> float:
        """When the next ping is due."""
        return max(self.last_received_at, self._last_ping_at) + PING_INTERVAL_S

    def record_ping(self, now: float) -> None:
        """Note that a ping is sent."""
        self._last_ping_at = now
