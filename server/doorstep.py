"""Frees TCP connections that never finish asking for anything.

aiohttp waits for ever for the first request of a connection; a client that stops in the
middle of its headers, or never begins, would keep a file open as long as it likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from aiohttp.web_protocol import RequestHandler

ASK_WITHIN_S = 10.0
LOOK_EVERY_S = 2.5


class Doorstep:
    """Knows who has asked for something; ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float], ask_within_s: float = ASK_WITHIN_S) -> None:
        self._clock = clock
        self._ask_within_s = ask_within_s
        self._have_asked: set[object] = set()
        self._first_seen: dict[object, float] = {}

    def asked(self, handler: object) -> None:
        """Take note that a whole request has come over this connection."""
        self._have_asked.add(handler)

    def sweep(self, handlers: Collection[RequestHandler]) -> None:
        """Cut off those who have been here too long without a request; ``handlers`` are all."""
        now = self._clock()
        self._have_asked.intersection_update(handlers)
        waiting = {handler for handler in handlers if handler not in self._have_asked}
        self._first_seen = {each: self._first_seen.get(each, now) for each in waiting}
        for handler in waiting:
            is_late = now - self._first_seen[handler] >= self._ask_within_s
            if is_late and handler.transport is not None:
                handler.transport.abort()

    async def run(self, handlers: Callable[[], Collection[RequestHandler]]) -> None:
        """Look round every few seconds, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.sweep(handlers())
