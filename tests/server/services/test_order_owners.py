"""Whose an order is, as one server remembers it while others may change it."""

import asyncio

import pytest

from server.services import order_owners as module
from server.services.order_owners import OrderOwners
from server.stores.base import OrderOwnership, StoreUnavailable, plan_ownership

OLENAS, TARAS_ = OrderOwnership("ord_1", "olena", "shop"), OrderOwnership("ord_1", "taras", "shop")


class Kept:
    """A store of orders in a dict; may be held up, or away."""

    def __init__(self):
        self.orders, self.asked, self.is_away = {}, 0, False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def find_order_owner(self, order_id):
        self.asked += 1
        found = self.orders.get(order_id)
        await self.may_answer.wait()
        if self.is_away:
            raise StoreUnavailable
        return found

    async def record_order_owners(self, orders):
        kept, changed = plan_ownership(self.orders, orders)
        self.orders |= {order.id: order for order in kept}
        await self.may_answer.wait()
        return changed


@pytest.fixture
def store():
    return Kept()


@pytest.fixture
def told():
    return []


@pytest.fixture
def orders(store, told):
    async def changed(order):
        told.append(await orders.refresh(order))

    orders = OrderOwners(store, changed)
    return orders


async def test_an_order_is_remembered_once_recorded_or_found(orders, store):
    await orders.record([OLENAS])
    store.orders["ord_2"] = OrderOwnership("ord_2", "ivan", "shop")

    found = [await orders.find(id) for id in ("ord_1", "ord_2", "ord_1", "ord_2")]

    assert [order.user_id for order in found] == ["olena", "ivan"] * 2
    assert store.asked == 1


async def test_a_change_of_hands_is_told_and_a_new_order_is_none(orders, told):
    await orders.record([OLENAS])
    await orders.record([OLENAS])
    await orders.record([TARAS_])

    assert told == [TARAS_]
    assert await orders.find("ord_1") == TARAS_


async def test_a_look_up_on_its_way_does_not_bring_back_the_former_owner(orders, store):
    store.orders["ord_1"] = OLENAS
    store.may_answer.clear()
    finding = asyncio.create_task(orders.find("ord_1"))
    while not store.asked:
        await asyncio.sleep(0)
    store.orders["ord_1"] = TARAS_
    hearing = asyncio.create_task(orders.refresh(TARAS_))
    while store.asked < 2:
        await asyncio.sleep(0)
    store.may_answer.set()

    assert [await finding, await hearing, await orders.find("ord_1")] == [TARAS_] * 3


async def test_recording_that_another_servers_overtook_is_not_remembered(orders, store):
    store.may_answer.clear()
    recording = asyncio.create_task(orders.record([OLENAS]))
    while not store.orders:
        await asyncio.sleep(0)
    store.orders["ord_1"] = TARAS_
    hearing = asyncio.create_task(orders.refresh(TARAS_))
    await asyncio.sleep(0)
    store.may_answer.set()
    await asyncio.gather(recording, hearing)

    assert await orders.find("ord_1") == TARAS_


async def test_what_was_heard_stands_while_the_store_is_away(orders, store):
    store.orders["ord_1"] = OLENAS
    store.is_away = True

    assert await orders.refresh(TARAS_) == TARAS_


async def test_nothing_is_remembered_while_changes_are_not_heard_of(store, told):
    hears = True
    orders = OrderOwners(store, told.append, lambda: hears)
    await orders.record([OLENAS])
    store.orders["ord_1"] = TARAS_
    hears = False

    assert await orders.find("ord_1") == TARAS_
    orders.invalidate()
    hears = True
    assert await orders.find("ord_1") == TARAS_


async def test_what_is_remembered_is_bounded(orders, store):
    await orders.record(
        [OrderOwnership(f"ord_{n}", "olena", "shop") for n in range(module.CACHE_SIZE + 1)]
    )

    assert await orders.find("ord_1") is not None
    assert store.asked == 0
    assert await orders.find("ord_0") is not None
    assert store.asked == 1
