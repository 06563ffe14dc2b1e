"""One client's requests in turn: one at a time, each answered before the next is looked at.

What needs nobody else's answer is answered on the spot, without a task; a task there is only
while a request waits for the store or the broker, and for those that came behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

ENOUGH = 32  # requests that may wait for one; while more do, nothing is read from the client

Request = TypeVar("Request")


class Turns(Generic[Request]):
    """Knows what is being answered and what waits for it.

    ``at_once`` answers a request and tells whether it could; ``answer`` takes its time and
    raises nothing.  ``full`` and ``free`` are told when too many wait, and when none does.
    """

    __slots__ = ("_answer", "_at_once", "_free", "_full", "_task", "_waiting")

    def __init__(
        self,
        at_once: Callable[[Request], bool],
        answer: Callable[[Request], Awaitable[None]],
        full: Callable[[], None],
        free: Callable[[], None],
    ) -> None:
        self._at_once = at_once
        self._answer = answer
        self._full = full
        self._free = free
        self._waiting: list[Request] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Tell whether something is being answered that takes its time."""
        return self._task is not None

    def take(self, request: Request) -> None:
        """Answer a request now, or when its turn comes."""
        if self._task is None:
            if self._at_once(request):
                return
            self._task = asyncio.get_running_loop().create_task(self._work())
        self._waiting.append(request)
        if len(self._waiting) == ENOUGH:
            self._full()

    async def _work(self) -> None:
        was_full = False
        while self._waiting:
            was_full = was_full or len(self._waiting) >= ENOUGH
            request = self._waiting.pop(0)
            if not self._at_once(request):
                await self._answer(request)
        self._task = None
        if was_full:
            self._free()
