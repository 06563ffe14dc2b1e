"""aiohttp's protocol of a connection, with a short path for plain publish requests.

aiohttp's parsing, task, routing and response take longer than the publication itself, and delay
every delivery of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from server.http.plain_requests import PlainRequest, read_plain_request

AnswerPlain = Callable[[object, PlainRequest], Awaitable[bytes]]
"""Handles a plain request of a connection; returns the response, and raises nothing."""


class PublishHandler(web.RequestHandler):
    """Answers plain publish requests as long as a connection has nothing else.

    From the first other data on, aiohttp has the connection for good; it gets whole requests,
    as nothing of one was read here before.
    """

    __slots__ = ("_answer_plain", "_answering", "_unread")

    def __init__(self, answer_plain: AnswerPlain, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._answer_plain: AnswerPlain | None = answer_plain
        self._answering: asyncio.Task[None] | None = None
        self._unread = b""  # what arrived while a request was being answered

    def data_received(self, data: bytes) -> None:
        """Answer a plain request, or leave the connection to aiohttp."""
        if self._answering is not None:
            self._unread += data
            if self.transport is not None:
                self.transport.pause_reading()
            return
        if self._answer_plain is not None and (request := read_plain_request(data)) is not None:
            self.keep_alive(False)  # aiohttp's timer, which knows nothing of this request
            answering = self._answer(self._answer_plain, request)
            self._answering = asyncio.get_running_loop().create_task(answering)
            return
        self._answer_plain = None
        super().data_received(data)

    def pause_writing(self) -> None:
        """Leave a client that does not read its responses to aiohttp, which waits for it."""
        self._answer_plain = None
        super().pause_writing()

    def close(self) -> None:
        """Take no more requests."""
        self._answer_plain = None
        super().close()

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - aiohttp's
        """Let a request be answered, and close the connection."""
        if self._answering is not None:
            await asyncio.wait([self._answering], timeout=timeout)
        await super().shutdown(timeout)

    async def _answer(self, answer_plain: AnswerPlain, request: PlainRequest) -> None:
        response = await answer_plain(self, request)
        self._answering = None
        if self.transport is None:
            return
        self.transport.write(response)
        if self._unread:
            data, self._unread = self._unread, b""
            self._answer_plain = None
            self.transport.resume_reading()
            super().data_received(data)
