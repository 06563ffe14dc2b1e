"""The part of the NATS protocol that the comparison uses: plain TCP, one subject, no sign-in."""

from __future__ import annotations

import socket
import time

from bench.load.connect import TIMEOUT_S, ConnectFailed, open_tcp
from bench.load.payloads import WIRE_BYTES

SUBJECT = b"bench"
PING, PONG = b"PING\r\n", b"PONG\r\n"
_STAMP_DIGITS = 20
_BODY_BYTES = WIRE_BYTES - len(b"MSG bench 1 280\r\n\r\n")  # as many bytes a delivery as ours
_HEAD = b"MSG %b 1 %d\r\n" % (SUBJECT, _BODY_BYTES)
MESSAGE_BYTES = len(_HEAD) + _BODY_BYTES + 2


def subscribe(port: int) -> socket.socket:
    """Connect and subscribe; the socket is non-blocking.

    Raises:
        ConnectFailed: the server ended the connection.
    """
    connection = _connect(port, b"SUB %b 1\r\n" % SUBJECT)
    connection.setblocking(False)
    return connection


def connect_publisher(port: int) -> socket.socket:
    """Connect to publish.

    Raises:
        ConnectFailed: the server ended the connection.
    """
    return _connect(port, b"")


def _connect(port: int, commands: bytes) -> socket.socket:
    connection = open_tcp(port)
    connection.settimeout(TIMEOUT_S)
    connection.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\n%b%b' % (commands, PING))
    data = b""
    while PONG not in data:
        received = connection.recv(4096)
        if not received:
            raise ConnectFailed("nats-server ended a connection")
        data += received
    return connection


def publish(connection: socket.socket) -> None:
    """Publish a message that begins with the time in ns, of the clock all processes share."""
    stamp = b"%0*d" % (_STAMP_DIGITS, time.monotonic_ns())
    connection.sendall(
        b"PUB %b %d\r\n%b\r\n" % (SUBJECT, _BODY_BYTES, stamp.ljust(_BODY_BYTES, b"x"))
    )


def sent_ns(data: bytes, start: int) -> int:
    """Return when the message that starts there was published."""
    stamp = start + len(_HEAD)
    return int(data[stamp : stamp + _STAMP_DIGITS])
