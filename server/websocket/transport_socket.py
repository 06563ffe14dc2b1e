"""The socket of a transport, to write to without the transport."""

from __future__ import annotations

import asyncio
import socket
from typing import ClassVar

BATCH_SIZE = 128  # sockets


class TransportSocket(socket.socket):
    """Has the file descriptor of a transport, which the transport closes.

    It must be detached when the connection is lost, or before the transport is closed.  Event
    loops call ``connection_lost`` before they close the descriptor, so until then it is this
    connection's; once detached, sending raises OSError.  So no data can reach another connection
    that is given the same number.

    The objects are allocated in batches, so that those of many connections lie side by side in
    memory: a broadcast reads them all.
    """

    __slots__ = ()
    _unused: ClassVar[list[TransportSocket]] = []

    def __new__(cls, _transport: asyncio.Transport) -> TransportSocket:
        """Return an object that is not open yet."""
        if not cls._unused:
            batch = [super(TransportSocket, cls).__new__(cls) for _ in range(BATCH_SIZE)]
            cls._unused.extend(reversed(batch))
        return cls._unused.pop()

    def __init__(self, transport: asyncio.Transport) -> None:
        original = transport.get_extra_info("socket")
        super().__init__(original.family, original.type, original.proto, fileno=original.fileno())

    def __del__(self) -> None:
        """Leave the descriptor open: a socket would close it."""
        self.detach()
