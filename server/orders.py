"""Whose an order is: the store behind a memory of the latest.

The memory is the authority for what was recorded here: a look-up that was on its way to the
store while an order changed hands must not bring back the former owner.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence

from server.stores.base import Order, Store

REMEMBERED = 10_000  # orders, about 3 MB; a look-up of an older one costs a query of some 100 us


class TakenElsewhere(Exception):
    """An order belongs to another tenant, and orders do not pass from one to another."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.id)
        self.order = order


class Orders:
    """Records orders and tells whose they are; ``changed`` hears of those that change hands."""

    def __init__(self, store: Store, changed: Callable[[Order], None]) -> None:
        self._store = store
        self._changed = changed
        self._recording = asyncio.Lock()
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
        """Keep whose these orders are, all or none; of one that is there twice, the last.

        Raises:
            TakenElsewhere: one belongs to another tenant; none was kept.
            StoreUnavailable: none was kept.
        """
        async with self._recording:  # or two tenants might both find an order to be new
            before = dict[str, Order | None]()
            latest = dict[str, Order]()
            for order in orders:
                if order.id not in before:
                    before[order.id] = await self.find(order.id)
                known = latest.get(order.id) or before[order.id]
                if known is not None and known.tenant_id != order.tenant_id:
                    raise TakenElsewhere(order)
                latest[order.id] = order
            await self._store.record_orders(list(latest.values()))
            for order in latest.values():
                self._latest[order.id] = order
                self._latest.move_to_end(order.id)
            while len(self._latest) > REMEMBERED:
                self._latest.popitem(last=False)
        for order in latest.values():
            if before[order.id] not in (None, order):
                self._changed(order)
