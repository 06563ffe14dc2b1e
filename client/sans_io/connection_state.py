"""Connection state machine: connecting, open, backoff, closed.

Pure; callers pass the current time in seconds since the epoch.
"""

from __future__ import annotations

from random import Random

from client.sans_io.connection_state__merge_status import ConnectionState, ConnectionStatus
from client.sans_io.reconnect import ReconnectTracker
from client.sans_io.reconnect__merge_endings import ReconnectPolicy


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
        """Tell whether there is a connection."""
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

    def on_close(self, code: int | None, reason: str, policy: ReconnectPolicy, now: float) -> None:
        """Record a close or a failed attempt; sets ``retry_at`` unless the policy is NEVER."""
        self._close_code, self._close_reason = code, reason
        wait = self._reconnect.on_close(policy, now, code)
        if policy is ReconnectPolicy.NEVER:
            self._set_state(ConnectionState.CLOSED, now)
        else:
            self._set_state(ConnectionState.BACKOFF, now)
            self.retry_at = now + wait

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
