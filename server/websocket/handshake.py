"""The WebSocket handshake, which takes a connection over from aiohttp.

aiohttp reads and checks the request; once it is answered, aiohttp has nothing more to do with
the connection: what it keeps for one (a task, a request, a response, a parser and their
buffers, some 10 KB) is freed, and the transport calls our own protocol directly.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from hashlib import sha1

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter

_KEY = re.compile(r"[A-Za-z0-9+/]{21}[AQgw]==")  # Base64 of 16 bytes
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_SWITCHING_PROTOCOLS = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %b\r\n\r\n"
)


VERSION = "13"


class InvalidHandshake(Exception):
    """The request is no valid WebSocket handshake; the message says what is wrong."""


def check_handshake(request: web.Request) -> None:
    """Check a WebSocket handshake (RFC 6455, 4.2.1).

    aiohttp's own check writes subprotocols into the log, and they may be tokens.

    Raises:
        InvalidHandshake: it is not valid.
    """
    headers = request.headers
    if request.method != hdrs.METH_GET or request.version != HttpVersion11:
        raise InvalidHandshake("WebSocket needs GET over HTTP/1.1")
    if "websocket" not in _tokens(request, hdrs.UPGRADE) or "upgrade" not in _tokens(
        request, hdrs.CONNECTION
    ):
        raise InvalidHandshake("WebSocket upgrade required")
    if headers.getall(hdrs.SEC_WEBSOCKET_VERSION, []) != [VERSION]:
        raise InvalidHandshake(f"WebSocket version {VERSION} required")
    keys = headers.getall(hdrs.SEC_WEBSOCKET_KEY, [])
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise InvalidHandshake("Sec-WebSocket-Key is not 16 bytes in Base64")
    if len(headers.getall(hdrs.ORIGIN, [])) > 1:
        raise InvalidHandshake("More than one Origin")


def _tokens(request: web.Request, name: str) -> set[str]:
    """Return the members of a comma-separated header, in lower case."""
    return {
        token.strip().lower()
        for line in request.headers.getall(name, [])
        for token in line.split(",")
    }


class AlreadyAnswered(web.StreamResponse):
    """A response that has been sent already, for aiohttp to finish with."""

    async def prepare(self, _request: object) -> AbstractStreamWriter | None:
        """Write nothing."""
        return None

    async def write_eof(self, _data: object = b"") -> None:
        """Write nothing."""


def hijack(
    request: web.Request, transport: asyncio.Transport, protocol: asyncio.Protocol
) -> AlreadyAnswered:
    """Answer a handshake and give the connection to ``protocol``.

    What the client sent behind its request without waiting is passed on at once.
    """
    http_protocol = request.protocol
    early_data = _EarlyData()
    http_protocol.set_parser(early_data)  # type: ignore[arg-type] # it uses no more of a parser
    key = request.headers[hdrs.SEC_WEBSOCKET_KEY].encode()
    accept = b64encode(sha1(key + _GUID, usedforsecurity=False).digest())
    transport.write(_SWITCHING_PROTOCOLS % accept)
    transport.set_protocol(protocol)
    http_protocol.transport = None  # otherwise it would be closed ...
    http_protocol.connection_lost(None)  # ... since for aiohttp the connection is lost
    if not transport.is_reading():
        transport.resume_reading()
    if early_data.data:
        protocol.data_received(early_data.data)
    return AlreadyAnswered()


class _EarlyData:
    """A parser that keeps what comes behind a request."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """Ignore the end: the connection has another protocol by then."""
