"""The owners of orders: a cache in front of the store.

The store is the authority.  A lookup that started before a change arrived is repeated after it:
it might return the former owner.

In a cluster a change reaches every node on two paths.  The node that records it queries all
nodes and waits for them, so that access ends before anything else is published.  The script that
stores it in Redis also announces it, for services that write there without a node
(`RedisPublisher`).  So a change recorded by a node is applied twice, which does no harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence

from cachetools import TTLCache

from server.cluster.cluster import Cluster
from server.cluster.node_queries import AffectedConnections, OrderOwnerChanged
from server.stores.base import OrderKey, OrderOwnership, Store, StoreUnavailable

log = logging.getLogger(__name__)

CACHE_SIZE = 10_000  # orders, about 3 MB; looking up another one takes some 100 us
CACHE_TTL_S = 3600.0  # an order that was forgotten is not known for longer
TOUCH_INTERVAL_S = 86_400.0  # one write a day tells how long an order has been silent


class OrderOwners:
    """Records and looks up the owners of orders.

    Every node, this one included, is queried to apply a change of owner, before ``record``
    returns.  While this node is cut off, changes of other nodes do not arrive, and nothing is
    cached.  An order is forgotten ``retention_s`` after it was last recorded or touched.
    ``clock`` is in seconds since the epoch, ``monotonic`` of a clock that is never set.
    """

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        retention_s: float,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._retention_s = retention_s
        self._clock = clock
        self._version = 0
        self._cache = TTLCache[OrderKey, OrderOwnership](CACHE_SIZE, CACHE_TTL_S, timer=monotonic)
        touch_interval_s = min(TOUCH_INTERVAL_S, retention_s / 2)
        self._touched = TTLCache[OrderKey, None](CACHE_SIZE, touch_interval_s, timer=monotonic)

    async def find(self, tenant_id: str, order_id: str) -> OrderOwnership | None:
        """Return the owner of a tenant's order, or None if the order is unknown.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        key = tenant_id, order_id
        known = self._cache.get(key) if self._cluster.is_connected else None
        if known is not None:
            return known
        while True:
            version = self._version
            found = await self._store.find_order_owner(*key)
            if version == self._version:
                break
        if found is not None:
            self._add_to_cache([found], version)
        return found

    async def record(self, ownerships: Sequence[OrderOwnership]) -> None:
        """Store the owners of orders, all or none; the last one wins for an order listed twice.

        When this returns, the former owners have lost access on every node that answered in
        time; a slower node takes it away when the query reaches it.

        Raises:
            StoreUnavailable: nothing was stored, as far as can be known.
            ClusterUnavailable: the owners are stored, but other nodes may apply them only once
                they are connected again.
        """
        version = self._version
        changed = await self._store.record_order_owners(ownerships, self._clock())
        self._add_to_cache(ownerships, version)
        self._touched.update(dict.fromkeys(map(_key, ownerships)))
        await asyncio.gather(
            *(
                self._cluster.query(OrderOwnerChanged(order), AffectedConnections)
                for order in changed
            )
        )

    async def touch(self, orders: Collection[OrderKey]) -> None:
        """Keep orders for longer: something has been published for them.

        A store that does not answer keeps nobody from publishing: the next call tries again.
        """
        due = [key for key in orders if key not in self._touched]
        if not due:
            return
        try:
            await self._store.touch_orders(due, self._clock())
        except StoreUnavailable as why:
            log.warning("the last changes of orders could not be stored: %s", why)
        else:
            self._touched.update(dict.fromkeys(due))

    async def purge(self) -> None:
        """Forget the orders that have not changed for long; raises StoreUnavailable."""
        await self._store.purge_orders_before(self._clock() - self._retention_s)

    async def refresh(self, ownership: OrderOwnership) -> OrderOwnership:
        """Look up the owner of an order again, after it has changed.

        Returns ``ownership``, as another node published it, if the store does not answer.
        """
        key = _key(ownership)
        self.invalidate(key)
        try:
            return await self.find(*key) or ownership
        except StoreUnavailable:
            return ownership

    def invalidate(self, order: OrderKey | None = None) -> None:
        """Drop an order, or all, from the cache, and the results of lookups in progress."""
        self._version += 1
        if order is None:
            self._cache.clear()
        else:
            self._cache.pop(order, None)

    def _add_to_cache(self, ownerships: Sequence[OrderOwnership], version: int) -> None:
        """Cache what was looked up at a version, unless there were changes since."""
        if version != self._version or not self._cluster.is_connected:
            return
        for order in ownerships:
            self._cache[_key(order)] = order


def _key(order: OrderOwnership) -> OrderKey:
    return order.tenant_id, order.id
