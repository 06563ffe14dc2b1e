"""Status of a WebSocket connection with actionable texts.  Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from client.status import State, Status
from dashboard.words import N_, _


class Phase(StrEnum):
    """State of a connection as the pages show it."""

    CONNECTING = "connecting"
    LIVE = "live"
    DISCONNECTED = "disconnected"
    REFUSED = "refused"


TITLES = {
    Phase.CONNECTING: N_("Connecting"),
    Phase.LIVE: N_("Live"),
    Phase.DISCONNECTED: N_("Disconnected"),
    Phase.REFUSED: N_("Refused"),
}


class Link(Struct, frozen=True):
    """The feed's connection; ``retry_at`` is in seconds since the epoch.

    ``was_live`` tells whether it has ever been live: then there is something to look at.
    ``why`` is the server's reason for a refusal.
    """

    phase: Phase
    address: str
    was_live: bool = False
    retry_at: float | None = None
    why: str = ""
    round_trip_ms: float | None = None

    @property
    def is_live(self) -> bool:
        """Tell whether messages come."""
        return self.phase is Phase.LIVE

    def title(self) -> str:
        """Return the state's name."""
        return _(TITLES[self.phase])

    def words(self, now: float) -> str:
        """Return details: address, delay, retry time or reason."""
        match self.phase:
            case Phase.LIVE:
                trip = self.round_trip_ms
                if trip is None:
                    return self.address
                return _("{trip} ms · {address}").format(address=self.address, trip=f"{trip:.0f}")
            case Phase.CONNECTING:
                return _("to {address}").format(address=self.address)
            case Phase.REFUSED:
                return _("by {address}: {why}").format(address=self.address, why=self.why)
            case Phase.DISCONNECTED:
                wait = max(0.0, (self.retry_at or now) - now)
                following = _("reconnecting")
                if wait >= 1:
                    following = _("next attempt in {seconds} s").format(seconds=f"{wait:.0f}")
                silent = _("{address} is not responding").format(address=self.address)
                return following if self.was_live else f"{silent} · {following}"
            case _:
                assert_never(self.phase)


def of(status: Status, address: str, *, was_live: bool, refused: str) -> Link:
    """Return the status; ``refused`` is the server's last refusal, empty if none."""
    trip = status.round_trip_ms
    match status.state:
        case State.OPEN if refused:
            return Link(Phase.REFUSED, address, was_live, why=refused)
        case State.OPEN:
            phase = Phase.LIVE if status.signed_in else Phase.CONNECTING
            return Link(phase, address, was_live or status.signed_in, round_trip_ms=trip)
        case State.WAITING:
            return Link(Phase.DISCONNECTED, address, was_live, status.retry_at)
        case State.CONNECTING:
            again = was_live or status.attempt > 0
            return Link(Phase.DISCONNECTED if again else Phase.CONNECTING, address, was_live)
        case State.CLOSED:
            if not (status.close_code or status.close_reason):
                return Link(Phase.CONNECTING, address, was_live)
            why = status.close_reason or _("close code {code}").format(code=status.close_code)
            return Link(Phase.REFUSED, address, was_live, why=refused or why)
        case _:
            assert_never(status.state)
