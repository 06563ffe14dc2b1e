"""Texts and colours of a connection's status."""

from __future__ import annotations

import html
from typing import assert_never

from common.text_markers import N_
from dashboard.i18n.translate import _
from dashboard.sockets.socket_status import SocketPhase, SocketStatus
from dashboard.ui.formatting import dot_html, status_html

TONES = {
    SocketPhase.CONNECTING: "muted",
    SocketPhase.LIVE: "ok",
    SocketPhase.DISCONNECTED: "bad",
    SocketPhase.REFUSED: "bad",
}
TITLES = {
    SocketPhase.CONNECTING: N_("Connecting"),
    SocketPhase.LIVE: N_("Live"),
    SocketPhase.DISCONNECTED: N_("Disconnected"),
    SocketPhase.REFUSED: N_("Refused"),
}


def title(status: SocketStatus) -> str:
    """Return the name of the status."""
    return _(TITLES[status.phase])


def detail(status: SocketStatus, now: float) -> str:
    """Return the details: address and round trip, the time of the next attempt, or the reason."""
    match status.phase:
        case SocketPhase.LIVE:
            trip = status.round_trip_ms
            return " · ".join([*([] if trip is None else [_round_trip(trip)]), status.address])
        case SocketPhase.CONNECTING:
            return _("to {address}").format(address=status.address)
        case SocketPhase.REFUSED:
            return _("by {address}: {why}").format(address=status.address, why=reason(status))
        case SocketPhase.DISCONNECTED:
            wait = max(0.0, (status.retry_at or now) - now)
            next_step = _("reconnecting")
            if wait >= 1:
                next_step = _("next attempt in {seconds} s").format(seconds=f"{wait:.0f}")
            silent = _("{address} is not responding").format(address=status.address)
            return next_step if status.has_been_live else f"{silent} · {next_step}"
        case _:
            assert_never(status.phase)


def reason(status: SocketStatus) -> str:
    """Return why the server refused: its reason, or else the close code."""
    return status.reason or _("close code {code}").format(code=status.close_code)


def badge_html(status: SocketStatus) -> str:
    """Return the name of the status with a dot in its colour."""
    return dot_html(title(status), TONES[status.phase])


def lines_html(status: SocketStatus, now: float) -> str:
    """Return the name of the status and its details; a live one's address is on its own line."""
    if status.phase is not SocketPhase.LIVE:
        return status_html(title(status), detail(status, now), TONES[status.phase])
    trip = "" if status.round_trip_ms is None else _round_trip(status.round_trip_ms)
    line = status_html(title(status), trip, TONES[status.phase])
    return f'{line}<div class="address quiet">{html.escape(status.address)}</div>'


def _round_trip(milliseconds: float) -> str:
    return _("{count} ms").format(count=f"{milliseconds:.0f}")
