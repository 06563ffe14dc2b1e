"""Opens many WebSocket connections on raw sockets: upgrade, sign-in by token, subscriptions.

The connections of a batch are opened concurrently.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence

from msgspec import Struct

from bench.load import frame_codec
from protocol.opcodes import Opcode

CONNECT_BATCH = 32
TIMEOUT_S = 30.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # no port stays in TIME_WAIT
PING = frame_codec.encode_frame(Opcode.TEXT, b'{"type":"ping"}', masked=True)


class ClientSpec(Struct, frozen=True):
    """Token and channels of a client."""

    token: str
    channels: Sequence[str]


class ConnectFailed(Exception):
    """A handshake, sign-in or subscription failed."""


def open_tcp(port: int) -> socket.socket:
    """Open a TCP connection to this machine."""
    connection = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    return connection


def connect(port: int, clients: Sequence[ClientSpec]) -> list[socket.socket]:
    """Connect, sign in and subscribe clients; the sockets are non-blocking.

    Raises:
        ConnectFailed: one of them failed.
    """
    sockets: list[socket.socket] = []
    try:
        for start in range(0, len(clients), CONNECT_BATCH):
            batch = clients[start : start + CONNECT_BATCH]
            opened = [open_tcp(port) for _ in batch]
            sockets += opened
            for each, client in zip(opened, batch, strict=True):
                each.sendall(_handshake_request(client.token))
            received = [_read_handshake_response(each) for each in opened]
            for each, client in zip(opened, batch, strict=True):
                each.sendall(b"".join(map(_subscribe_frame, client.channels)))
            for each, client, data in zip(opened, batch, received, strict=True):
                _await_subscribed(each, data, len(client.channels))
                each.setblocking(False)
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


def _handshake_request(token: str) -> bytes:
    return (
        f"GET /ws?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def _read_handshake_response(connection: socket.socket) -> bytes:
    """Read the response to the upgrade; returns the data already received after it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101 "):
        raise ConnectFailed(f"the upgrade was answered with {head.splitlines()[0].decode()!r}")
    return rest


def _subscribe_frame(channel: str) -> bytes:
    request = {"type": "subscribe", "payload": {"channel": channel}}
    return frame_codec.encode_frame(Opcode.TEXT, json.dumps(request).encode(), masked=True)


def _await_subscribed(connection: socket.socket, data: bytes, channels: int) -> None:
    confirmed = read = 0
    while True:
        for _opcode, payload, end in frame_codec.decode_frames(data, read):
            read, type_ = end, json.loads(payload)["type"]
            confirmed += type_ == "subscribed"
            if type_ not in ("auth_success", "subscribed"):
                raise ConnectFailed(f"{type_} received in reply to signing in and subscribing")
        if confirmed == channels:
            return
        data += _receive(connection)


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 16)
    if not data:
        raise ConnectFailed("the server closed the connection")
    return data
