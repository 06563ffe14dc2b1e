"""Status of a WebSocket connection as the pages show it.  Pure.

The texts are in ``ui.connection_badge``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from client.sans_io.connection_state import ConnectionState, ConnectionStatus


class SocketPhase(StrEnum):
    """State of a connection as the pages show it."""

    CONNECTING = "connecting"
    LIVE = "live"
    DISCONNECTED = "disconnected"
    REFUSED = "refused"


class SocketStatus(Struct, frozen=True):
    """The status; ``retry_at`` is in seconds since the epoch.

    ``has_been_live`` tells whether there is data to show.  ``reason`` is why the server refused,
    as the server says it; where it gives no reason, ``close_code`` is its close code.
    """

    phase: SocketPhase
    address: str
    has_been_live: bool = False
    retry_at: float | None = None
    reason: str = ""
    close_code: int | None = None
    round_trip_ms: float | None = None

    @property
    def is_live(self) -> bool:
        """Whether messages can be received."""
        return self.phase is SocketPhase.LIVE


def socket_status(
    status: ConnectionStatus, address: str, *, has_been_live: bool, last_refusal: str
) -> SocketStatus:
    """Return the status; ``last_refusal`` is the server's last refusal, empty if none."""
    trip = status.round_trip_ms
    match status.state:
        case ConnectionState.OPEN if last_refusal:
            return SocketStatus(SocketPhase.REFUSED, address, has_been_live, reason=last_refusal)
        case ConnectionState.OPEN:
            phase = SocketPhase.LIVE if status.signed_in else SocketPhase.CONNECTING
            return SocketStatus(
                phase, address, has_been_live or status.signed_in, round_trip_ms=trip
            )
        case ConnectionState.BACKOFF:
            return SocketStatus(SocketPhase.DISCONNECTED, address, has_been_live, status.retry_at)
        case ConnectionState.CONNECTING:
            again = has_been_live or status.attempt > 0
            return SocketStatus(
                SocketPhase.DISCONNECTED if again else SocketPhase.CONNECTING,
                address,
                has_been_live,
            )
        case ConnectionState.CLOSED:
            if not (status.close_code or status.close_reason):
                return SocketStatus(SocketPhase.CONNECTING, address, has_been_live)
            return SocketStatus(
                SocketPhase.REFUSED,
                address,
                has_been_live,
                reason=last_refusal or status.close_reason,
                close_code=status.close_code,
            )
        case _:
            assert_never(status.state)
