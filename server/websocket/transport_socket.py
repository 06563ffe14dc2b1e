"""The socket of a transport, to write to without the transport."""

from __future__ import annotations

import asyncio
import socket


class TransportSocket(socket.socket):
    """Has the file descriptor of a transport, which the transport closes.

    It must be detached when the connection is lost, or before the transport is closed.  Event
    loops call ``connection_lost`` before they close the descriptor, so until then it is this
    connection's; once detached, sending raises OSError.  So no data can reach another connection
    that is given the same number.
    """

    __slots__ = ()

    def __init__(self, transport: asyncio.Transport) -> None:
        original = transport.get_extra_info("socket")
        super().__init__(original.family, original.type, original.proto, fileno=original.fileno())

    def __del__(self) -> None:
        """Leave the descriptor open: a socket would close it."""
        self.detach()
