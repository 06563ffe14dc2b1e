"""The owners of orders: a cache in front of the store.

The store is the authority, and every node publishes the changes it records.  A lookup that
started before a change arrived is repeated after it: it might return the former owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cachetools import LRUCache

from server.cluster.cluster import Cluster
from server.cluster.node_queries import AffectedConnections, OrderOwnerChanged
from server.stores.base import OrderOwnership, Store, StoreUnavailable

CACHE_SIZE = 10_000  # orders, about 3 MB; looking up another one takes some 100 us


class OrderOwners:
    """Records and looks up the owners of orders.

    Every node, this one included, is queried to apply a change of owner, before ``record``
    returns.  While this node is cut off, changes of other nodes do not arrive, and nothing is
    cached.
    """

    def __init__(self, store: Store, cluster: Cluster) -> None:
        self._store = store
        self._cluster = cluster
        self._version = 0
        self._cache = LRUCache[str, OrderOwnership](CACHE_SIZE)

    async def find(self, order_id: str) -> OrderOwnership | None:
        """Return the owner of an order, or None if the order is unknown.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        known = self._cache.get(order_id) if self._cluster.is_connected else None
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
        await asyncio.gather(
            *(
                self._cluster.query(OrderOwnerChanged(order), AffectedConnections)
                for order in changed
            )
        )

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
        if version != self._version or not self._cluster.is_connected:
            return
        for order in ownerships:
            self._cache[order.id] = order
