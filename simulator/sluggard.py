"""A customer whose phone stops reading: a real socket that takes nothing from the server."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

import aiohttp

from client.address import signed
from protocol.errors import CloseCode

WINDOW_BYTES = 4096
"""What the phone's system takes in advance, so that the server's side fills up soon."""
QUIET_S = 0.5
"""Who hears nothing for so long has read all there is."""

log = logging.getLogger("simulator")


class Sluggard:
    """Comes, reads nothing until ``read_on``, then reads all there is."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url, self._token = url, token
        self._may_read = asyncio.Event()

    def read_on(self) -> None:
        """Let it read what has come, and leave."""
        self._may_read.set()

    async def run(self) -> bool:
        """Stay until it may read on; tells whether the server has hung up on it meanwhile.

        It has if it said so (4100), or cut a connection that took not even that.
        """
        connector = aiohttp.TCPConnector(socket_factory=_narrow)
        try:
            async with aiohttp.ClientSession(connector=connector) as http:
                line = await http.ws_connect(
                    signed(self._url, self._token()), autoping=False, max_msg_size=0
                )
                # Nobody receives, so aiohttp stops reading from the socket by itself.
                await self._may_read.wait()
                return await _is_evicted(line)
        except (aiohttp.ClientError, OSError, TimeoutError):
            log.info("the slow client could not connect")
            return False


async def _is_evicted(line: aiohttp.ClientWebSocketResponse[bool]) -> bool:
    try:
        while not line.closed:
            await line.receive(timeout=QUIET_S)
    except TimeoutError:
        return False
    return line.close_code in (CloseCode.SLOW_CONSUMER, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)


def _narrow(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = address
    narrow = socket.socket(family, kind, protocol)
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    return narrow
