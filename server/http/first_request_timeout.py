"""Aborts TCP connections that do not send a whole request in time.

aiohttp waits for the first request of a connection without a limit.  A client that stops in
the middle of its headers, or sends nothing, would keep a file open for as long as it likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from aiohttp.web_protocol import RequestHandler

FIRST_REQUEST_TIMEOUT_S = 10.0
CHECK_INTERVAL_S = 2.5


class FirstRequestTimeout:
    """Knows which connections have sent a request; ``clock`` is in seconds."""

    def __init__(
        self, clock: Callable[[], float], timeout_s: float = FIRST_REQUEST_TIMEOUT_S
    ) -> None:
        self._clock = clock
        self._timeout_s = timeout_s
        self._have_requested: set[object] = set()
        self._first_seen_at: dict[object, float] = {}

    def request_received(self, handler: object) -> None:
        """Note that a whole request has arrived on this connection."""
        self._have_requested.add(handler)

    def abort_expired(self, handlers: Collection[RequestHandler]) -> None:
        """Abort connections without a request in time; ``handlers`` are all open connections."""
        now = self._clock()
        self._have_requested.intersection_update(handlers)
        waiting = {handler for handler in handlers if handler not in self._have_requested}
        self._first_seen_at = {each: self._first_seen_at.get(each, now) for each in waiting}
        for handler in waiting:
            is_late = now - self._first_seen_at[handler] >= self._timeout_s
            if is_late and handler.transport is not None:
                handler.transport.abort()

    async def run(self, handlers: Callable[[], Collection[RequestHandler]]) -> None:
        """Abort expired connections every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            self.abort_expired(handlers())
