"""Whose an order is: the store behind a memory of the latest.

The memory is the authority for what was recorded here: a look-up that was on its way to the
store while an order changed hands must not bring back the former owner.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from server.stores.base import Order, Store

REMEMBERED = 10_000  # orders, about 3 MB; a look-up of an older one costs a query of some 100 us


class Orders:
    """Records orders and tells whose they are; ``changed`` hears of those that change hands."""

    def __init__(self, store: Store, changed: Callable[[Order], None]) -> None:
        self._store = store
        self._changed = changed
        self._latest: OrderedDict[str, Order] = OrderedDict()

    async def find(self, order_id: str) -> Order | None:
        """Return whose an order is, if anybody's.

        Raises:
            StoreUnavailable: it cannot be found out now.
        """
        known = self._latest.get(order_id)
        if known is not None:
            return known
        found = await self._store.find_order(order_id)
        recorded_meanwhile = self._latest.get(order_id)
        return recorded_meanwhile or found

    async def record(self, orders: Sequence[Order]) -> None:
        """Keep whose these orders are, all or none.

        Raises:
            StoreUnavailable: none was kept.
        """
        before = {order.id: await self.find(order.id) for order in orders}
        await self._store.record_orders(orders)
        for order in orders:
            self._latest[order.id] = order
            self._latest.move_to_end(order.id)
        while len(self._latest) > REMEMBERED:
            self._latest.popitem(last=False)
        for order in orders:
            if before[order.id] not in (None, order):
                self._changed(order)
