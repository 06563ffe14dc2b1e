"""One WebSocket connection over aiohttp, read and written by one task.

Other tasks of the loop may ``wake`` it.  It answers pings and close frames itself: aiohttp
would hide pings, and interrupting its reply to a close frame would lose the close code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Literal, TypeVar

import aiohttp
from aiohttp import WSMsgType

from client.sans_io.connection_events import (
    ConnectionClosed,
    ConnectionEvent,
    HandshakeRejected,
    PeerActivity,
    TextReceived,
    describe_error,
)
from protocol.close_codes import ABNORMAL_CLOSURE, NO_STATUS_RECEIVED

MAX_MESSAGE_BYTES = 8 << 20
"""Largest accepted message; monitor messages may have 1 MiB."""
WRITE_TIMEOUT_S = 10.0
"""Timeout of one write; the connection is then considered dead."""
CLOSE_TIMEOUT_S = 0.2
"""How long to wait for the server's close frame."""
CONNECTION_ERRORS = (aiohttp.ClientError, OSError, TimeoutError)
"""Exceptions of aiohttp for a connection that failed or could not be opened."""

T = TypeVar("T")


class InterruptibleWait:
    """A wait that other tasks can end early, by rescheduling its timeout."""

    def __init__(self) -> None:
        self._timeout: asyncio.Timeout | None = None

    def wake(self) -> None:
        """End the current wait, if any."""
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(0.0)

    async def wait(self, timeout_s: float, awaitable: Awaitable[T]) -> T | None:
        """Await something; None on timeout or ``wake``."""
        try:
            async with asyncio.timeout(timeout_s) as self._timeout:
                return await awaitable
        except TimeoutError:
            return None
        finally:
            self._timeout = None


class AsyncConnection:
    """An open connection."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse[Literal[False]], io_wait: InterruptibleWait
    ) -> None:
        self._socket, self._io_wait = socket, io_wait
        self.is_broken = False

    @classmethod
    async def open(
        cls, http: aiohttp.ClientSession, url: str, timeout_s: float, io_wait: InterruptibleWait
    ) -> AsyncConnection:
        """Connect and upgrade.

        Raises:
            HandshakeRejected: the server rejected the handshake with an HTTP status.
            aiohttp.ClientError, OSError, TimeoutError: no response, or an invalid one.
        """
        try:
            async with asyncio.timeout(timeout_s):
                socket = await http.ws_connect(
                    url,
                    autoping=False,
                    autoclose=False,
                    decode_text=False,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT_S),
                )
        except aiohttp.WSServerHandshakeError as error:
            raise HandshakeRejected(error.status) from None
        return cls(socket, io_wait)

    async def send(self, data: bytes, opcode: WSMsgType = WSMsgType.TEXT) -> None:
        """Send one frame; on failure set ``is_broken``; ``receive`` then returns the reason."""
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._socket.send_frame(data, opcode)
        except TimeoutError:
            self.is_broken = True
            await self.close()
        except CONNECTION_ERRORS:
            # A close frame may already be buffered: read it first.
            self.is_broken = True

    async def receive(self, timeout_s: float) -> ConnectionEvent | None:
        """Wait for the next event; None on timeout or ``wake``."""
        message = await self._io_wait.wait(timeout_s, self._socket.receive())
        if message is None:
            return None
        match message.type:
            case WSMsgType.TEXT:
                return TextReceived(message.data)
            case WSMsgType.PING:
                await self.send(message.data, WSMsgType.PONG)
                return PeerActivity()
            case WSMsgType.PONG | WSMsgType.BINARY:
                return PeerActivity()
            case WSMsgType.CLOSE:
                return ConnectionClosed(message.data or NO_STATUS_RECEIVED, message.extra or "")
            case _:
                error = self._socket.exception()
                reason = (
                    describe_error(error) if isinstance(error, Exception) else "connection broken"
                )
                return ConnectionClosed(ABNORMAL_CLOSURE, reason)

    def abort(self) -> None:
        """Shut the TCP connection down, without a closing handshake."""
        os_socket = self._socket.get_extra_info("socket")
        if os_socket is not None:
            with suppress(OSError):
                os_socket.shutdown(SHUT_RDWR)

    async def close(self) -> None:
        """Close the socket, with the closing handshake if the server still responds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._socket.close()
