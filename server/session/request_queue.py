"""One client's requests in order: each is answered before the next is handled.

A request that needs no input or output is answered synchronously, without a task.  There is a
task only while a request waits for the store or the broker, and for those behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

MAX_PENDING = 32  # requests behind the current one; from this many on, reading is paused

RequestT = TypeVar("RequestT")


class RequestQueue(Generic[RequestT]):
    """The request that is being handled, and those that wait for it.

    ``try_sync`` handles a request if it can do so synchronously, and tells whether it did;
    ``handle_async`` handles any other and raises nothing.  ``on_full`` is called when too many
    requests wait, and ``on_drained`` when none does any more.
    """

    __slots__ = ("_handle_async", "_on_drained", "_on_full", "_pending", "_task", "_try_sync")

    def __init__(
        self,
        try_sync: Callable[[RequestT], bool],
        handle_async: Callable[[RequestT], Awaitable[None]],
        on_full: Callable[[], None],
        on_drained: Callable[[], None],
    ) -> None:
        self._try_sync = try_sync
        self._handle_async = handle_async
        self._on_full = on_full
        self._on_drained = on_drained
        self._pending: list[RequestT] = []
        self._task: asyncio.Task[None] | None = None

    def submit(self, request: RequestT) -> None:
        """Handle a request now, or after those before it."""
        if self._task is None:
            if self._try_sync(request):
                return
            self._task = asyncio.get_running_loop().create_task(self._drain())
        self._pending.append(request)
        if len(self._pending) == MAX_PENDING:
            self._on_full()

    async def _drain(self) -> None:
        was_full = False
        while self._pending:
            was_full = was_full or len(self._pending) >= MAX_PENDING
            request = self._pending.pop(0)
            if not self._try_sync(request):
                await self._handle_async(request)
        self._task = None
        if was_full:
            self._on_drained()
