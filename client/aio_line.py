"""One WebSocket connection over aiohttp, read and written by one task.

Whoever shares the event loop may ``wake`` it.  Takes pings and closes into its own hands:
left to aiohttp, pings would not be seen, and being woken while a close frame is answered
would lose its code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Literal, TypeVar

import aiohttp
from aiohttp import WSMsgType

from client.arrivals import Arrival, Ended, SignOfLife, Text, UpgradeRefused, describe
from client.endings import ABNORMAL, NO_CODE

MAX_MESSAGE_BYTES = 8 << 20
"""Longest message taken; one of the monitor channel may be 1 MiB."""
WRITE_TIMEOUT_S = 10.0
"""A server that takes nothing for so long is not coming back (the document's write wait)."""
GOODBYE_S = 0.2
"""How long to wait for the server's half of the closing handshake."""
BROKEN = (aiohttp.ClientError, OSError, TimeoutError)
"""What aiohttp raises for a connection that ended or could not be made."""

T = TypeVar("T")


class Sleeper:
    """Lets others end a wait by moving up the time at which it ends."""

    def __init__(self) -> None:
        self._nap: asyncio.Timeout | None = None

    def wake(self) -> None:
        """End the present wait, if there is one."""
        if self._nap is not None and not self._nap.expired():
            self._nap.reschedule(0.0)

    async def wait(self, seconds: float, what: Awaitable[T]) -> T | None:
        """Wait for something; None if it did not come in time, or on being woken."""
        try:
            async with asyncio.timeout(seconds) as self._nap:
                return await what
        except TimeoutError:
            return None
        finally:
            self._nap = None


class AioLine:
    """An open connection."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse[Literal[False]], sleeper: Sleeper
    ) -> None:
        self._socket, self._sleeper = socket, sleeper
        self.is_broken = False

    @classmethod
    async def open(
        cls, http: aiohttp.ClientSession, address: str, timeout_s: float, sleeper: Sleeper
    ) -> AioLine:
        """Connect and upgrade.

        Raises:
            UpgradeRefused: the server answered with an HTTP status.
            aiohttp.ClientError, OSError, TimeoutError: it did not answer, or not as it should.
        """
        try:
            async with asyncio.timeout(timeout_s):
                socket = await http.ws_connect(
                    address,
                    autoping=False,
                    autoclose=False,
                    decode_text=False,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=GOODBYE_S),
                )
        except aiohttp.WSServerHandshakeError as why:
            raise UpgradeRefused(why.status) from None
        return cls(socket, sleeper)

    async def send(self, data: bytes, kind: WSMsgType = WSMsgType.TEXT) -> None:
        """Send one frame; if that fails, ``is_broken``, and ``receive`` will say why."""
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._socket.send_frame(data, kind)
        except TimeoutError:
            self.is_broken = True
            await self.close()
        except BROKEN:
            # A close frame may have arrived before: what is there is read first.
            self.is_broken = True

    async def receive(self, seconds: float) -> Arrival | None:
        """Wait for the next arrival; None if there was none in time, or on being woken."""
        message = await self._sleeper.wait(seconds, self._socket.receive())
        if message is None:
            return None
        match message.type:
            case WSMsgType.TEXT:
                return Text(message.data)
            case WSMsgType.PING:
                await self.send(message.data, WSMsgType.PONG)
                return SignOfLife()
            case WSMsgType.PONG | WSMsgType.BINARY:
                return SignOfLife()
            case WSMsgType.CLOSE:
                return Ended(message.data or NO_CODE, message.extra or "")
            case _:
                why = self._socket.exception()
                how = describe(why) if isinstance(why, Exception) else "the connection broke"
                return Ended(ABNORMAL, how)

    def cut(self) -> None:
        """End the connection below the WebSocket: neither side hears a goodbye."""
        below = self._socket.get_extra_info("socket")
        if below is not None:
            with suppress(OSError):
                below.shutdown(SHUT_RDWR)

    async def close(self) -> None:
        """Free the socket, with the closing handshake where the server still takes part."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._socket.close()
