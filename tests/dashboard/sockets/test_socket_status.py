"""The status of a connection."""

from client.sans_io.connection_state import ConnectionState, ConnectionStatus
from dashboard.sockets import socket_status
from dashboard.sockets.socket_status import SocketPhase

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


def test_is_live_once_signed_in():
    assert status_of(ConnectionState.OPEN).phase is SocketPhase.CONNECTING
    assert status_of(ConnectionState.OPEN, signed_in=True).phase is SocketPhase.LIVE


def test_stays_disconnected_while_reconnecting():
    assert status_of(ConnectionState.CONNECTING, was_live=True).phase is SocketPhase.DISCONNECTED
    assert status_of(ConnectionState.CONNECTING, attempt=1).phase is SocketPhase.DISCONNECTED
    assert status_of(ConnectionState.CONNECTING).phase is SocketPhase.CONNECTING


def test_is_connecting_before_the_first_attempt():
    assert status_of(ConnectionState.CLOSED).phase is SocketPhase.CONNECTING


def test_a_refusal_keeps_the_servers_reason():
    link = status_of(ConnectionState.OPEN, refused="Invalid or expired token")

    assert (link.phase, link.reason) == (SocketPhase.REFUSED, "Invalid or expired token")


def test_a_refusal_without_a_reason_keeps_the_close_code():
    link = status_of(ConnectionState.CLOSED, close_code=4042)

    assert (link.phase, link.reason, link.close_code) == (SocketPhase.REFUSED, "", 4042)
