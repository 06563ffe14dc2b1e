"""The delay between two attempts of what failed and may succeed later."""

from __future__ import annotations

import asyncio

from redis.backoff import EqualJitterBackoff


class RetryDelay:
    """Doubles from ``min_s`` to ``max_s``.

    Up to half of each delay is random, so that nodes that lost Redis at the same time do
    not all come back at the same time.
    """

    def __init__(self, min_s: float, max_s: float) -> None:
        self._backoff = EqualJitterBackoff(cap=max_s, base=min_s)
        self._failures = 0

    def next_s(self) -> float:
        """Return the next delay."""
        delay_s = self._backoff.compute(self._failures)
        self._failures += 1
        return delay_s

    async def wait(self) -> None:
        """Wait for the next delay."""
        await asyncio.sleep(self.next_s())

    def reset(self) -> None:
        """Start again with the shortest delay: an attempt has succeeded."""
        self._failures = 0
