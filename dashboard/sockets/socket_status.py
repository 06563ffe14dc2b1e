"""Status of a WebSocket connection with actionable texts.  Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from client.sans_io.connection_state import ConnectionState, ConnectionStatus
from dashboard.i18n.translate import N_, _


class SocketPhase(StrEnum):
    """State of a connection as the pages show it."""

    CONNECTING = "connecting"
    LIVE = "live"
    DISCONNECTED = "disconnected"
    REFUSED = "refused"


TITLES = {
    SocketPhase.CONNECTING: N_("Connecting"),
    SocketPhase.LIVE: N_("Live"),
    SocketPhase.DISCONNECTED: N_("Disconnected"),
    SocketPhase.REFUSED: N_("Refused"),
}


class SocketStatus(Struct, frozen=True):
    """The feed's connection; ``retry_at`` is in seconds since the epoch.

    ``was_live`` tells whether it has ever been live: then there is something to look at.
    ``why`` is the server's reason for a refusal.
    """

    phase: SocketPhase
    address: str
    has_been_live: bool = False
    retry_at: float | None = None
    reason: str = ""
    round_trip_ms: float | None = None

    @property
    def is_live(self) -> bool:
        """Tell whether messages come."""
        return self.phase is SocketPhase.LIVE

    def title(self) -> str:
        """Return the state's name."""
        return _(TITLES[self.phase])

    def detail(self, now: float) -> str:
        """Return details: address, delay, retry time or reason."""
        match self.phase:
            case SocketPhase.LIVE:
                trip = self.round_trip_ms
                if trip is None:
                    return self.address
                return _("{trip} ms · {address}").format(address=self.address, trip=f"{trip:.0f}")
            case SocketPhase.CONNECTING:
                return _("to {address}").format(address=self.address)
            case SocketPhase.REFUSED:
                return _("by {address}: {why}").format(address=self.address, why=self.reason)
            case SocketPhase.DISCONNECTED:
                wait = max(0.0, (self.retry_at or now) - now)
                following = _("reconnecting")
                if wait >= 1:
                    following = _("next attempt in {seconds} s").format(seconds=f"{wait:.0f}")
                silent = _("{address} is not responding").format(address=self.address)
                return following if self.has_been_live else f"{silent} · {following}"
            case _:
                assert_never(self.phase)


def socket_status(
    status: ConnectionStatus, address: str, *, has_been_live: bool, last_refusal: str
) -> SocketStatus:
    """Return the status; ``refused`` is the server's last refusal, empty if none."""
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
            why = status.close_reason or _("close code {code}").format(code=status.close_code)
            return SocketStatus(
                SocketPhase.REFUSED, address, has_been_live, reason=last_refusal or why
            )
        case _:
            assert_never(status.state)
