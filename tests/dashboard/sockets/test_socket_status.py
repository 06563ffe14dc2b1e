"""How the connection is, in words."""

import pytest

from client.sans_io.connection_state import ConnectionState, ConnectionStatus
from dashboard.sockets import socket_status
from dashboard.sockets.socket_status import SocketPhase

ADDRESS = "127.0.0.1:8080"


def seen(state, *, was_live=False, refused="", **more):
    fields = {"signed_in": False, "attempt": 0, "retry_at": None, "close_code": None}
    fields |= {"close_reason": "", "since": 0.0, "round_trip_ms": None} | more
    return socket_status.socket_status(
        ConnectionStatus(state=state, **fields),
        ADDRESS,
        has_been_live=was_live,
        last_refusal=refused,
    )


def test_live_once_it_is_signed_in():
    assert seen(ConnectionState.OPEN).phase is SocketPhase.CONNECTING
    assert seen(ConnectionState.OPEN, signed_in=True).phase is SocketPhase.LIVE


def test_live_says_where_and_how_far():
    assert seen(ConnectionState.OPEN, signed_in=True).detail(0.0) == ADDRESS
    assert (
        seen(ConnectionState.OPEN, signed_in=True, round_trip_ms=2.4).detail(0.0)
        == f"2 ms · {ADDRESS}"
    )


def test_lost_counts_down_to_the_next_attempt():
    lost = seen(ConnectionState.BACKOFF, was_live=True, retry_at=104.0)

    assert lost.title() == "Disconnected"
    assert lost.detail(100.0) == "next attempt in 4 s"
    assert lost.detail(103.5) == "reconnecting"
    assert lost.detail(200.0) == "reconnecting"


def test_lost_stays_lost_while_it_tries_again():
    assert seen(ConnectionState.CONNECTING, was_live=True).phase is SocketPhase.DISCONNECTED
    assert seen(ConnectionState.CONNECTING, attempt=1).phase is SocketPhase.DISCONNECTED
    assert seen(ConnectionState.CONNECTING).phase is SocketPhase.CONNECTING


def test_never_found_names_the_address():
    assert seen(ConnectionState.BACKOFF, retry_at=103.0).detail(100.0) == (
        f"{ADDRESS} is not responding · next attempt in 3 s"
    )


def test_not_started_is_connecting():
    assert seen(ConnectionState.CLOSED).phase is SocketPhase.CONNECTING


@pytest.mark.parametrize(
    ("link", "why"),
    [
        (seen(ConnectionState.OPEN, refused="Invalid or expired token"), "Invalid or expired token"),
        (seen(ConnectionState.CLOSED, close_code=4003, close_reason="Disconnected by an administrator"),
         "Disconnected by an administrator"),
        (seen(ConnectionState.CLOSED, close_code=4042), "close code 4042"),
        (seen(ConnectionState.CLOSED, close_reason="HTTP 403"), "HTTP 403"),
    ],
)  # fmt: skip
def test_refused_says_why(link, why):
    assert link.phase is SocketPhase.REFUSED
    assert link.words(0.0) == f"by {ADDRESS}: {why}"
