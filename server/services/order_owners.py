"""The owners of orders: a cache in front of the store.

The store is the authority, and every node publishes the changes it records.  A lookup that
started before a change arrived is repeated after it: it might return the former owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from cachetools import LRUCache

from server.stores.base import OrderOwnership, Store, StoreUnavailable

CACHE_SIZE = 10_000  # orders, about 3 MB; looking up another one takes some 100 us


def _always_connected() -> bool:
    return True


class OrderOwners:
    """Records and looks up the owners of orders.

    ``notify_cluster`` sends a change of owner to every node, this one included, and returns
    when all have applied it.  While ``cluster_connected`` is false, changes of other nodes
    do not arrive, and nothing is cached.
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
        """Return the owner of an order, or None if the order is unknown.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        known = self._cache.get(order_id) if self._cluster_connected() else None
        if known is not None:
            return known
        while True:
            version = self._version
            found = await self._store.find_order_owner(order_id)
            if version == self._version:
                break
        if found is not None:
            self._add_to_cache([found], version)
        return found

    async def record(self, ownerships: Sequence[OrderOwnership]) -> None:
        """Store the owners of orders, all or none; the last one wins for an order listed twice.

        When this returns, the former owners have lost access on every node.

        Raises:
            OrderOwnedByOtherTenant: one belongs to another tenant; nothing was stored.
            StoreUnavailable: nothing was stored.
        """
        version = self._version
        changed = await self._store.record_order_owners(ownerships)
        self._add_to_cache(ownerships, version)
        await asyncio.gather(*(self._notify_cluster(order) for order in changed))

    async def refresh(self, ownership: OrderOwnership) -> OrderOwnership:
        """Look up the owner of an order again, after it has changed.

        Returns ``ownership``, as another node published it, if the store does not answer.
        """
        self.invalidate(ownership.id)
        try:
            return await self.find(ownership.id) or ownership
        except StoreUnavailable:
            return ownership

    def invalidate(self, order_id: str | None = None) -> None:
        """Drop an order, or all, from the cache, and the results of lookups in progress."""
        self._version += 1
        if order_id is None:
            self._cache.clear()
        else:
            self._cache.pop(order_id, None)

    def _add_to_cache(self, ownerships: Sequence[OrderOwnership], version: int) -> None:
        """Cache what was looked up at a version, unless there were changes since."""
        if version != self._version or not self._cluster_connected():
            return
        for order in ownerships:
            self._cache[order.id] = order
