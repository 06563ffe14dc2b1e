"""A slow client: a WebSocket client that does not read."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

import aiohttp

from client.url import with_token
from protocol.errors import CloseCode

RECEIVE_BUFFER_BYTES = 4096
"""Receive buffer of the socket; small, so that the server's send queue fills up soon."""
IDLE_READ_TIMEOUT_S = 0.5
"""Everything has been read once no data arrives for this long."""

log = logging.getLogger("simulator")


class SlowClient:
    """Connects, reads nothing until ``resume``, then reads everything."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url, self._token = url, token
        self._resumed = asyncio.Event()

    def resume(self) -> None:
        """Let it read what is buffered and close."""
        self._resumed.set()

    async def run(self) -> bool:
        """Wait for ``resume``; return whether the server has closed the connection as slow.

        It closes with 4100, or without a close frame if that could not be sent.
        """
        connector = aiohttp.TCPConnector(socket_factory=_small_buffer_socket)
        try:
            async with aiohttp.ClientSession(connector=connector) as http:
                websocket = await http.ws_connect(
                    with_token(self._url, self._token()), autoping=False, max_msg_size=0
                )
                # Nothing calls receive(), so aiohttp pauses reading from the socket.
                await self._resumed.wait()
                return await _was_evicted(websocket)
        except (aiohttp.ClientError, OSError, TimeoutError):
            log.info("the slow client could not connect")
            return False


async def _was_evicted(websocket: aiohttp.ClientWebSocketResponse[bool]) -> bool:
    try:
        while not websocket.closed:
            await websocket.receive(timeout=IDLE_READ_TIMEOUT_S)
    except TimeoutError:
        return False
    return websocket.close_code in (CloseCode.SLOW_CONSUMER, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)


def _small_buffer_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = address
    small = socket.socket(family, kind, protocol)
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return small
