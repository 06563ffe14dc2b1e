"""Whose an order is: the store behind a memory of the latest.

The store is the authority, and a change of hands is heard of from whichever server recorded
it.  What the store was asked before a change was heard of counts for nothing after it: a
look-up that was on its way meanwhile must not bring back the former owner.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from server.stores.base import Order, Store, StoreUnavailable

REMEMBERED = 10_000  # orders, about 3 MB; a look-up of an older one costs a query of some 100 us


def _always() -> bool:
    return True


class Orders:
    """Records orders and tells whose they are.

    ``changed`` tells every server, this one too, of an order that changes hands, and returns
    when they have heard.  While ``hears`` says that changes are not heard of, nothing is
    remembered.
    """

    def __init__(
        self,
        store: Store,
        changed: Callable[[Order], Awaitable[object]],
        hears: Callable[[], bool] = _always,
    ) -> None:
        self._store = store
        self._changed = changed
        self._hears = hears
        self._changes = 0
        self._latest: OrderedDict[str, Order] = OrderedDict()

    async def find(self, order_id: str) -> Order | None:
        """Return whose an order is, if anybody's.

        Raises:
            StoreUnavailable: it cannot be found out now.
        """
        known = self._latest.get(order_id) if self._hears() else None
        if known is not None:
            return known
        while True:
            changes = self._changes
            found = await self._store.find_order(order_id)
            if changes == self._changes:
                break
        if found is not None:
            self._remember([found], changes)
        return found

    async def record(self, orders: Sequence[Order]) -> None:
        """Keep whose these orders are, all or none; of one that is there twice, the last.

        Whoever loses one by it has lost it on every server, when this returns.

        Raises:
            TakenElsewhere: one belongs to another tenant; none was kept.
            StoreUnavailable: none was kept.
        """
        changes = self._changes
        changed = await self._store.record_orders(orders)
        self._remember(orders, changes)
        await asyncio.gather(*(self._changed(order) for order in changed))

    async def look_again(self, order: Order) -> Order:
        """Find out anew whose an order is that changed hands.

        What was heard stands where the store does not answer.
        """
        self.forget(order.id)
        try:
            return await self.find(order.id) or order
        except StoreUnavailable:
            return order

    def forget(self, order_id: str | None = None) -> None:
        """Remember nothing of an order, or of any, that was known or asked for until now."""
        self._changes += 1
        if order_id is None:
            self._latest.clear()
        else:
            self._latest.pop(order_id, None)

    def _remember(self, orders: Sequence[Order], changes: int) -> None:
        """Keep what was asked for when so many changes had been heard of."""
        if changes != self._changes or not self._hears():
            return
        for order in orders:
            self._latest[order.id] = order
            self._latest.move_to_end(order.id)
        while len(self._latest) > REMEMBERED:
            self._latest.popitem(last=False)
