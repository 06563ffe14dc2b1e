"""The owners of orders, as one node caches them while other nodes may change them."""

import asyncio

import pytest

from server.cluster.cluster import ClusterUnavailable
from server.services import order_owners as module
from server.services.order_owners import OrderOwners
from server.stores.base import OrderOwnership, StoreUnavailable, plan_ownership

DAY_S = 86_400.0
OF_OLENA, OF_TARAS = (
    OrderOwnership("ord_1", "olena", "shop"),
    OrderOwnership("ord_1", "taras", "shop"),
)


class Store:
    """A store of orders in a dict; can be held up, and can be unavailable."""

    def __init__(self):
        self.orders, self.lookups, self.is_unavailable = {}, 0, False
        self.changes, self.purged_before = {}, None
        self.can_respond = asyncio.Event()
        self.can_respond.set()

    async def find_order_owner(self, tenant_id, order_id):
        self.lookups += 1
        found = self.orders.get((tenant_id, order_id))
        await self.can_respond.wait()
        if self.is_unavailable:
            raise StoreUnavailable
        return found

    async def record_order_owners(self, orders, at):
        to_store, changed = plan_ownership(self.orders, orders)
        self.orders |= {(order.tenant_id, order.id): order for order in to_store}
        self.changes |= {(order.tenant_id, order.id): at for order in to_store}
        await self.can_respond.wait()
        return changed

    async def touch_orders(self, orders, at):
        if self.is_unavailable:
            raise StoreUnavailable
        self.changes |= dict.fromkeys(orders, at)

    async def purge_orders_before(self, time):
        self.purged_before = time


@pytest.fixture
def store():
    return Store()


class ClusterOfOne:
    """A cluster whose only node refreshes an order that changes owner, as `LocalNode` does."""

    def __init__(self):
        self.is_connected = True
        self.is_cut_off = False
        self.refreshed = []

    async def query(self, query, _):
        self.refreshed.append(await self.order_owners.refresh(query.order))
        if self.is_cut_off:
            raise ClusterUnavailable


@pytest.fixture
def cluster():
    return ClusterOfOne()


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def orders(store, cluster, clock):
    cluster.order_owners = OrderOwners(store, cluster, 30 * DAY_S, clock, clock)
    return cluster.order_owners


async def test_an_order_is_cached_once_it_is_recorded_or_found(orders, store):
    await orders.record([OF_OLENA])
    store.orders["shop", "ord_2"] = OrderOwnership("ord_2", "ivan", "shop")

    found = [await orders.find("shop", id) for id in ("ord_1", "ord_2", "ord_1", "ord_2")]

    assert [order.user_id for order in found] == ["olena", "ivan"] * 2
    assert store.lookups == 1


async def test_a_change_of_owner_is_sent_to_the_cluster_and_a_new_order_is_not(orders, cluster):
    await orders.record([OF_OLENA])
    await orders.record([OF_OLENA])
    await orders.record([OF_TARAS])

    assert cluster.refreshed == [OF_TARAS]
    assert await orders.find("shop", "ord_1") == OF_TARAS


async def test_an_owner_is_recorded_even_if_the_other_nodes_cannot_be_reached(orders, cluster):
    await orders.record([OF_OLENA])
    cluster.is_cut_off = True

    with pytest.raises(ClusterUnavailable):
        await orders.record([OF_TARAS])

    assert await orders.find("shop", "ord_1") == OF_TARAS
    await orders.record([OF_TARAS])  # as a publisher does that tries again


async def test_a_lookup_in_progress_does_not_bring_back_the_former_owner(orders, store):
    store.orders["shop", "ord_1"] = OF_OLENA
    store.can_respond.clear()
    finding = asyncio.create_task(orders.find("shop", "ord_1"))
    while not store.lookups:
        await asyncio.sleep(0)
    store.orders["shop", "ord_1"] = OF_TARAS
    refreshing = asyncio.create_task(orders.refresh(OF_TARAS))
    while store.lookups < 2:
        await asyncio.sleep(0)
    store.can_respond.set()

    assert [await finding, await refreshing, await orders.find("shop", "ord_1")] == [OF_TARAS] * 3


async def test_a_record_that_another_node_has_replaced_is_not_cached(orders, store):
    store.can_respond.clear()
    recording = asyncio.create_task(orders.record([OF_OLENA]))
    while not store.orders:
        await asyncio.sleep(0)
    store.orders["shop", "ord_1"] = OF_TARAS
    refreshing = asyncio.create_task(orders.refresh(OF_TARAS))
    await asyncio.sleep(0)
    store.can_respond.set()
    await asyncio.gather(recording, refreshing)

    assert await orders.find("shop", "ord_1") == OF_TARAS


async def test_a_change_is_taken_as_published_while_the_store_is_unavailable(orders, store):
    store.orders["shop", "ord_1"] = OF_OLENA
    store.is_unavailable = True

    assert await orders.refresh(OF_TARAS) == OF_TARAS


async def test_nothing_is_cached_while_changes_do_not_arrive(orders, store, cluster):
    await orders.record([OF_OLENA])
    store.orders["shop", "ord_1"] = OF_TARAS
    cluster.is_connected = False

    assert await orders.find("shop", "ord_1") == OF_TARAS
    orders.invalidate()
    cluster.is_connected = True
    assert await orders.find("shop", "ord_1") == OF_TARAS


async def test_the_cache_is_bounded(orders, store):
    await orders.record(
        [OrderOwnership(f"ord_{n}", "olena", "shop") for n in range(module.CACHE_SIZE + 1)]
    )

    assert await orders.find("shop", "ord_1") is not None
    assert store.lookups == 0
    assert await orders.find("shop", "ord_0") is not None
    assert store.lookups == 1


async def test_two_tenants_orders_of_one_id_are_cached_apart(orders):
    theirs = OrderOwnership("ord_1", "ivan", "books")
    await orders.record([OF_OLENA, theirs])

    assert await orders.find("shop", "ord_1") == OF_OLENA
    assert await orders.find("books", "ord_1") == theirs
    assert await orders.find("toys", "ord_1") is None


async def test_news_of_an_order_is_noted_once_a_day(orders, store, clock):
    key = "shop", "ord_1"
    await orders.record([OF_OLENA])
    times = []
    for now in (2000.0, DAY_S, DAY_S + 1000.0, DAY_S + 2000.0, 2 * DAY_S + 1001.0):
        clock.now = now
        await orders.touch([key])
        times.append(store.changes[key])

    assert times == [1000.0, 1000.0, DAY_S + 1000.0, DAY_S + 1000.0, 2 * DAY_S + 1001.0]


async def test_news_is_noted_again_if_the_store_did_not_answer(orders, store):
    store.is_unavailable = True
    await orders.touch([("shop", "ord_1")])
    store.is_unavailable = False
    await orders.touch([("shop", "ord_1")])

    assert store.changes == {("shop", "ord_1"): 1000.0}


async def test_orders_are_forgotten_after_their_retention(orders, store, clock):
    clock.now = 31 * DAY_S

    await orders.purge()

    assert store.purged_before == DAY_S


async def test_a_forgotten_order_does_not_stay_in_the_cache(orders, store, clock):
    await orders.record([OF_OLENA])
    store.orders.clear()
    clock.now += module.CACHE_TTL_S + 1

    assert await orders.find("shop", "ord_1") is None
