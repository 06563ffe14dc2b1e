"""Limits the connections of each user, over all nodes of a cluster."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

AnnounceCounts = Callable[[Mapping[str, int], Callable[[], None] | None], None]


class ConnectionLimiter(Protocol):
    """Limits the connections of each user."""

    @property
    def in_use(self) -> int:
        """How many connections count on this node."""
        ...

    async def acquire(self, user_id: str) -> bool:
        """Count one more connection; False if the user has reached the limit."""
        ...

    def release(self, user_id: str) -> None:
        """Count one connection less on this node."""


class LocalConnectionLimiter:
    """The limiter of a single node."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()

    @property
    def in_use(self) -> int:
        """How many connections count on this node."""
        return self._counts.total()

    async def acquire(self, user_id: str) -> bool:
        """Count one more connection, without waiting."""
        if self._counts[user_id] >= self._limit:
            return False
        self._counts[user_id] += 1
        return True

    def release(self, user_id: str) -> None:
        """Count one connection less."""
        self._counts[user_id] -= 1
        if not self._counts[user_id]:
            del self._counts[user_id]


class ClusterConnectionLimiter:
    """The limiter of one node in a cluster.  Pure but for waiting.

    A node announces how many connections a user has there, and all nodes receive these
    announcements in one order.  Whether a connection is allowed is decided when its own
    announcement comes back: connections announced before it count, on whichever node, and
    those announced after it do not.

    ``announce`` sends counts and calls back when they have come back, or when the bus is
    disconnected: then a node decides by the counts it knows.  ``count_elsewhere`` returns a
    user's connections on the other nodes, as far as they were announced.
    """

    def __init__(
        self, limit: int, announce: AnnounceCounts, count_elsewhere: Callable[[str], int]
    ) -> None:
        self._limit = limit
        self._announce = announce
        self._count_elsewhere = count_elsewhere
        self._counts: Counter[str] = Counter()

    @property
    def in_use(self) -> int:
        """How many connections count on this node, undecided ones included."""
        return self._counts.total()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many connections each user has on this node."""
        return self._counts

    async def acquire(self, user_id: str) -> bool:
        """Count one more connection, unless the user has reached the limit on all nodes."""
        announced = self._counts[user_id] + 1
        if announced > self._limit:
            return False
        self._counts[user_id] = announced
        decision: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def decide() -> None:
            if not decision.done():
                decision.set_result(announced + self._count_elsewhere(user_id) <= self._limit)

        self._announce({user_id: announced}, decide)
        try:
            is_allowed = await decision
        except asyncio.CancelledError:
            self.release(user_id)
            raise
        if not is_allowed:
            self.release(user_id)
        return is_allowed

    def release(self, user_id: str) -> None:
        """Count one connection less, and announce it."""
        self._counts[user_id] -= 1
        self._announce({user_id: self._counts[user_id]}, None)
        if not self._counts[user_id]:
            del self._counts[user_id]
