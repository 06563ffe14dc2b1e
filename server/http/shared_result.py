"""A result that all who ask within a short time share."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedResult(Generic[T]):
    """Makes a result when it is asked for, at most one at a time.

    A result is reused for ``lifetime_s``, so that a caller who repeats costs no more than one
    per ``lifetime_s``.  ``clock`` is in seconds of any monotonic clock.
    """

    def __init__(
        self, make: Callable[[], Awaitable[T]], lifetime_s: float, clock: Callable[[], float]
    ) -> None:
        self._make = make
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._made_at = -math.inf
        self._making: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return the result, which may be up to ``lifetime_s`` old.

        Raises:
            what ``make`` raises.
        """
        is_old = self._clock() - self._made_at >= self._lifetime_s
        if self._making is None or (self._making.done() and is_old):
            self._making = asyncio.create_task(self._make_now())
        return await asyncio.shield(self._making)

    async def _make_now(self) -> T:
        try:
            return await self._make()
        finally:
            self._made_at = self._clock()
