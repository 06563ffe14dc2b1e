"""One client's requests in turn: one at a time, each answered before the next is looked at.

What needs nobody else's answer is answered on the spot, without a task; a task there is only
while a request waits for the store or the broker, and for those that came behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

MAX_PENDING = 32  # requests that may wait for one; while more do, nothing is read from the client

RequestT = TypeVar("RequestT")


class RequestQueue(Generic[RequestT]):
    """Knows what is being answered and what waits for it.

    ``at_once`` answers a request and tells whether it could; ``answer`` takes its time and
    raises nothing.  ``full`` and ``free`` are told when too many wait, and when none does.
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

    @property
    def is_busy(self) -> bool:
        """Tell whether something is being answered that takes its time."""
        return self._task is not None

    def submit(self, request: RequestT) -> None:
        """Answer a request now, or when its turn comes."""
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
