"""How many connections a user has: the limit of them holds over all servers of a cluster."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

AnnounceCounts = Callable[[Mapping[str, int], Callable[[], None] | None], None]


class ConnectionLimiter(Protocol):
    """The connections that users may have; ``taken`` counts those of this server."""

    @property
    def in_use(self) -> int:
        """How many are taken here."""
        ...

    async def acquire(self, user_id: str) -> bool:
        """Take a place for one more connection, unless the user has all there are."""
        ...

    def release(self, user_id: str) -> None:
        """Give back a place that was taken here."""


class LocalConnectionLimiter:
    """The places of a server that is alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()

    @property
    def in_use(self) -> int:
        """How many are taken here."""
        return self._counts.total()

    async def acquire(self, user_id: str) -> bool:
        """Take a place, at once."""
        if self._counts[user_id] >= self._limit:
            return False
        self._counts[user_id] += 1
        return True

    def release(self, user_id: str) -> None:
        """Give back a place."""
        self._counts[user_id] -= 1
        if not self._counts[user_id]:
            del self._counts[user_id]


class ClusterConnectionLimiter:
    """The places of one server in a cluster.  Pure but for waiting.

    A server tells how many of a user's connections it has, and all servers hear what is told
    in one order.  A connection is judged when what it was told with comes back: those that
    were told before it count, and those after it do not, whichever server they are on.

    ``tell`` tells counts and calls back when they have come back, or when it is clear that
    they will not: then a server judges by what it knows.  ``elsewhere`` counts a user's
    connections on the other servers, as far as they have told.
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
        """How many are taken here, those included that are not judged yet."""
        return self._counts.total()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many each user has taken here."""
        return self._counts

    async def acquire(self, user_id: str) -> bool:
        """Take a place, if there is one when all have heard of it."""
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
        """Give back a place, and tell."""
        self._counts[user_id] -= 1
        self._announce({user_id: self._counts[user_id]}, None)
        if not self._counts[user_id]:
            del self._counts[user_id]
