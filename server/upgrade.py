"""aiohttp's WebSocket, with closing left to the connection."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from protocol.errors import CloseCode


class Socket(web.WebSocketResponse):
    """A socket that says goodbye through ``hang_up``, behind everything that is queued.

    aiohttp closes by itself on broken input, past what is still in the outbox.
    """

    def __init__(self, message_bytes: int) -> None:
        # aiohttp refuses messages of max_msg_size bytes and more, a header's size early.
        super().__init__(
            autoclose=False, autoping=False, compress=False, max_msg_size=2 * message_bytes + 16
        )
        self.hang_up: Callable[[CloseCode], None] | None = None

    async def close(
        self, *, code: int = CloseCode.NORMAL, message: bytes = b"", drain: bool = True
    ) -> bool:
        """Say goodbye with this code and our own words."""
        del message, drain
        if self.hang_up is not None and code != CloseCode.NORMAL:
            self.hang_up(CloseCode(code))
        return True
