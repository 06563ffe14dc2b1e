"""The states of a connection and the transitions between them."""

from __future__ import annotations

from enum import StrEnum
from random import Random

from msgspec import Struct

from client.sans_io.reconnect import ReconnectTracker
from protocol.errors import Reconnect


class ConnectionState(StrEnum):
    """State of a client's connection."""

    CONNECTING = "connecting"
    OPEN = "open"
    BACKOFF = "waiting"
    CLOSED = "closed"


class ConnectionStatus(Struct, frozen=True):
    """Snapshot of a connection; times are in seconds since the epoch.

    ``since`` is when ``state`` began, ``retry_at`` when a backoff ends.  ``attempt`` counts
    failed attempts since the last stable connection.  ``close_code`` and ``close_reason`` are
    those of the last connection until the next is open; a rejected handshake has a reason
    (``HTTP 503``) and no code.
    """

    state: ConnectionState
    signed_in: bool
    attempt: int
    retry_at: float | None
    close_code: int | None
    close_reason: str
    since: float
    round_trip_ms: float | None
    """Round trip of the last ping; None before the first pong."""


class ConnectionStateMachine:
    """Holds the state and how the last connection closed."""

    def __init__(self, rng: Random, now: float) -> None:
        self._reconnect = ReconnectTracker(rng)
        self._since = now
        self._close_code: int | None = None
        self._close_reason = ""
        self.state = ConnectionState.CLOSED
        self.retry_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is an open connection."""
        return self.state is ConnectionState.OPEN

    @property
    def disconnect_reason(self) -> str:
        """Return why there is no connection."""
        return self._close_reason or (
            f"closed with {self._close_code}" if self._close_code else "not connected"
        )

    def start(self, now: float) -> None:
        """Start connecting, with all counts reset."""
        self._reconnect.reset()
        self._close_code, self._close_reason = None, ""
        self._set_state(ConnectionState.CONNECTING, now)

    def stop(self, now: float) -> None:
        """Stop; called by the application."""
        self._reconnect.reset()
        self._close_code, self._close_reason = None, "disconnected"
        self._set_state(ConnectionState.CLOSED, now)

    def on_connecting(self, now: float) -> None:
        """Record that an attempt starts."""
        self._set_state(ConnectionState.CONNECTING, now)

    def on_open(self, now: float) -> None:
        """Record that the connection is open."""
        self._close_code, self._close_reason = None, ""
        self._reconnect.on_open(now)
        self._set_state(ConnectionState.OPEN, now)

    def on_signed_in(self) -> None:
        """Record that the client is signed in."""
        self._reconnect.on_signed_in()

    def on_close(self, code: int | None, reason: str, action: Reconnect, now: float) -> None:
        """Record a close or a failed attempt; sets ``retry_at`` unless the action is NEVER."""
        self._close_code, self._close_reason = code, reason
        delay_s = self._reconnect.on_close(action, now, code)
        if action is Reconnect.NEVER:
            self._set_state(ConnectionState.CLOSED, now)
        else:
            self._set_state(ConnectionState.BACKOFF, now)
            self.retry_at = now + delay_s

    def status(
        self, now: float, *, signed_in: bool, round_trip_ms: float | None
    ) -> ConnectionStatus:
        """Return the status."""
        return ConnectionStatus(
            state=self.state,
            signed_in=signed_in,
            attempt=self._reconnect.failed_attempts(now),
            retry_at=self.retry_at,
            close_code=self._close_code,
            close_reason=self._close_reason,
            since=self._since,
            round_trip_ms=round_trip_ms,
        )

    def _set_state(self, state: ConnectionState, now: float) -> None:
        self.retry_at = None
        if state is not self.state:
            self.state, self._since = state, now
