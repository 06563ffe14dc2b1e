"""Connection state machine: connecting, open, backoff, closed.

Pure; callers pass the current time in seconds since the epoch.
"""

from __future__ import annotations

from random import Random

from client.endings import Comeback
from client.pace import Pace
from client.status import State, Status


class Lifecycle:
    """Holds the state and how the last connection closed."""

    def __init__(self, draw: Random, now: float) -> None:
        self._pace = Pace(draw)
        self._since = now
        self._code: int | None = None
        self._reason = ""
        self.state = State.CLOSED
        self.retry_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection."""
        return self.state is State.OPEN

    @property
    def why(self) -> str:
        """Return why there is no connection."""
        return self._reason or (f"closed with {self._code}" if self._code else "not connected")

    def start(self, now: float) -> None:
        """Start connecting, with all counts reset."""
        self._pace.restart()
        self._code, self._reason = None, ""
        self._enter(State.CONNECTING, now)

    def stop(self, now: float) -> None:
        """Stop; called by the application."""
        self._pace.restart()
        self._code, self._reason = None, "disconnected"
        self._enter(State.CLOSED, now)

    def connecting(self, now: float) -> None:
        """Record that an attempt starts."""
        self._enter(State.CONNECTING, now)

    def opened(self, now: float) -> None:
        """Record that the connection is open."""
        self._code, self._reason = None, ""
        self._pace.opened(now)
        self._enter(State.OPEN, now)

    def signed_in(self) -> None:
        """Record that the client is signed in."""
        self._pace.signed_in()

    def ended(self, code: int | None, reason: str, comeback: Comeback, now: float) -> None:
        """Record a close or a failed attempt; sets ``retry_at`` unless the policy is NEVER."""
        self._code, self._reason = code, reason
        wait = self._pace.ended(comeback, now, code)
        if comeback is Comeback.NEVER:
            self._enter(State.CLOSED, now)
        else:
            self._enter(State.WAITING, now)
            self.retry_at = now + wait

    def status(self, now: float, *, signed_in: bool, round_trip_ms: float | None) -> Status:
        """Return the status."""
        return Status(
            state=self.state,
            signed_in=signed_in,
            attempt=self._pace.attempt(now),
            retry_at=self.retry_at,
            close_code=self._code,
            close_reason=self._reason,
            since=self._since,
            round_trip_ms=round_trip_ms,
        )

    def _enter(self, state: State, now: float) -> None:
        self.retry_at = None
        if state is not self.state:
            self.state, self._since = state, now
