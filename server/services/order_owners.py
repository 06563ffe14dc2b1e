"""Whose an order is: the store behind a memory of the latest.

The store is the authority, and a change of hands is heard of from whichever server recorded
it.  What the store was asked before a change was heard of counts for nothing after it: a
look-up that was on its way meanwhile must not bring back the former owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from cachetools import LRUCache

from server.stores.base import OrderOwnership, Store, StoreUnavailable

CACHE_SIZE = 10_000  # orders, about 3 MB; a look-up of an older one costs a query of some 100 us


def _always_connected() -> bool:
    return True


class OrderOwners:
    """Records orders and tells whose they are.

    ``changed`` tells every server, this one too, of an order that changes hands, and returns
    when they have heard.  While ``hears`` says that changes are not heard of, nothing is
    remembered.
    """

    def __init__(
        self,
        store: Store,
        notify_cluster: Callable[[OrderOwnership], Awaitable[object]],
        cluster_connected: Callable[[], bool] = _always_connected,
    ) -> None:
        self._store = store
        self._notify_cluster = notify_cluster
        self._cluster_connected = cluster_connected
        self._version = 0
        self._cache = LRUCache[str, OrderOwnership](CACHE_SIZE)

    async def find(self, order_id: str) -> OrderOwnership | None:
        """Return whose an order is, if anybody's.

        Raises:
            StoreUnavailable: it cannot be found out now.
        """
        known = self._cache.get(order_id) if self._cluster_connected() else None
        if known is not None:
            return known
        while True:
            changes = self._version
            found = await self._store.find_order_owner(order_id)
            if changes == self._version:
                break
        if found is not None:
            self._add_to_cache([found], changes)
        return found

    async def record(self, ownerships: Sequence[OrderOwnership]) -> None:
        """Keep whose these orders are, all or none; of one that is there twice, the last.

        Whoever loses one by it has lost it on every server, when this returns.

        Raises:
            TakenElsewhere: one belongs to another tenant; none was kept.
            StoreUnavailable: none was kept.
        """
        changes = self._version
        changed = await self._store.record_order_owners(ownerships)
        self._add_to_cache(ownerships, changes)
        await asyncio.gather(*(self._notify_cluster(order) for order in changed))

    async def refresh(self, ownership: OrderOwnership) -> OrderOwnership:
        """Find out anew whose an order is that changed hands.

        What was heard stands where the store does not answer.
        """
        self.invalidate(ownership.id)
        try:
            return await self.find(ownership.id) or ownership
        except StoreUnavailable:
            return ownership

    def invalidate(self, order_id: str | None = None) -> None:
        """Remember nothing of an order, or of any, that was known or asked for until now."""
        self._version += 1
        if order_id is None:
            self._cache.clear()
        else:
            self._cache.pop(order_id, None)

    def _add_to_cache(self, ownerships: Sequence[OrderOwnership], version: int) -> None:
        """Keep what was asked for when so many changes had been heard of."""
        if version != self._version or not self._cluster_connected():
            return
        for order in ownerships:
            self._cache[order.id] = order
