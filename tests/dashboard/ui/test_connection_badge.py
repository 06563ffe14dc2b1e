"""Texts and colours of a connection's status."""

import pytest

from client.sans_io.connection_state import ConnectionState, ConnectionStatus
from dashboard.sockets import socket_status
from dashboard.sockets.socket_status import SocketPhase
from dashboard.ui import connection_badge

ADDRESS = "127.0.0.1:8080"


def status_of(state, *, was_live=False, refused="", **more):
    fields = {"signed_in": False, "attempt": 0, "retry_at": None, "close_code": None}
    fields |= {"close_reason": "", "since": 0.0, "round_trip_ms": None} | more
    return socket_status.socket_status(
        ConnectionStatus(state=state, **fields),
        ADDRESS,
        has_been_live=was_live,
        last_refusal=refused,
    )


def test_a_live_connection_shows_its_address_and_round_trip():
    live = status_of(ConnectionState.OPEN, signed_in=True)
    measured = status_of(ConnectionState.OPEN, signed_in=True, round_trip_ms=2.4)

    assert connection_badge.detail(live, 0.0) == ADDRESS
    assert connection_badge.detail(measured, 0.0) == f"2 ms · {ADDRESS}"


def test_the_address_of_a_live_connection_is_a_line_of_its_own():
    live = status_of(ConnectionState.OPEN, signed_in=True, round_trip_ms=12.0)

    first, second = connection_badge.lines_html(live, 0.0).split("</div>")[:2]

    assert "Live" in first
    assert "12 ms" in first
    assert ADDRESS not in first
    assert second.endswith(f">{ADDRESS}")


def test_a_lost_connection_counts_down_to_the_next_attempt():
    lost = status_of(ConnectionState.BACKOFF, was_live=True, retry_at=104.0)

    assert connection_badge.title(lost) == "Disconnected"
    assert connection_badge.detail(lost, 100.0) == "next attempt in 4 s"
    assert connection_badge.detail(lost, 103.5) == "reconnecting"
    assert connection_badge.detail(lost, 200.0) == "reconnecting"


def test_a_server_that_never_answered_is_named():
    assert connection_badge.detail(status_of(ConnectionState.BACKOFF, retry_at=103.0), 100.0) == (
        f"{ADDRESS} is not responding · next attempt in 3 s"
    )


@pytest.mark.parametrize(
    ("link", "why"),
    [
        (status_of(ConnectionState.OPEN, refused="Invalid token"), "Invalid token"),
        (
            status_of(ConnectionState.CLOSED, close_code=4003, close_reason="Disconnected"),
            "Disconnected",
        ),
        (status_of(ConnectionState.CLOSED, close_code=4042), "close code 4042"),
        (status_of(ConnectionState.CLOSED, close_reason="HTTP 403"), "HTTP 403"),
    ],
)
def test_a_refusal_gives_its_reason(link, why):
    assert link.phase is SocketPhase.REFUSED
    assert connection_badge.detail(link, 0.0) == f"by {ADDRESS}: {why}"


def test_every_phase_has_a_title_and_a_colour():
    assert set(connection_badge.TONES) == set(connection_badge.TITLES) == set(SocketPhase)
