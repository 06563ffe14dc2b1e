"""Commands of the control API: any commands at any time leave the shop consistent."""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import codec
from protocol.event_payloads import OrderStatus
from protocol.publications import PublishRequest
from protocol.simulator_api import (
    AdvanceOrder,
    Announce,
    PlaceOrder,
    Restock,
    SetStock,
    ShopLanguage,
    StartScenario,
    StopScenario,
)
from simulator.errors import CommandRejected
from simulator.scenarios import definitions
from simulator.shop import catalogue
from simulator.shop.orders import ALLOWED_TRANSITIONS

CATALOGUE = catalogue.load_catalogue(ShopLanguage.UKRAINIAN)
PRODUCTS = [product.id for product in CATALOGUE.products]
WAREHOUSES = [place.name for place in CATALOGUE.warehouses]
SCENARIOS = list(definitions.load_scenarios())

products, warehouses = st.sampled_from(PRODUCTS), st.sampled_from(WAREHOUSES)
commands = st.one_of(
    st.builds(StartScenario, name=st.sampled_from(SCENARIOS)),
    st.builds(StopScenario, name=st.sampled_from(SCENARIOS)),
    st.builds(
        Restock,
        product=st.none() | products,
        warehouse=st.none() | warehouses,
        quantity=st.none() | st.integers(1, 50),
    ),
    st.builds(
        PlaceOrder,
        customer=st.none() | st.sampled_from(["user_1", "user_2", "user_4321"]),
        product=st.none() | products,
        quantity=st.integers(1, 12),
    ),
    st.builds(
        AdvanceOrder,
        order=st.integers(1, 60).map("ord_0_{}".format),
        to=st.none() | st.sampled_from(OrderStatus),
    ),
    st.builds(
        SetStock, product=products, level=st.integers(0, 30), warehouse=st.none() | warehouses
    ),
    st.builds(Announce, title=st.just("Увага"), body=st.just("Зачиняємося")),
)
histories = st.lists(st.tuples(st.floats(0, 20), commands), min_size=5, max_size=16)
configs = st.fixed_dictionaries(
    {"seed": st.integers(0, 10**6), "rate": st.sampled_from([5.0, 20.0, 40.0])}
)
some_histories = settings(max_examples=10, deadline=None)


def execute(shop, history):
    """Yield the events before each command, and those of the command."""
    for passed, command in history:
        yield shop.step(shop.now + passed)
        try:
            shop.execute(command)
        except CommandRejected:
            assert shop.step(shop.now) == []
        yield shop.step(shop.now)
    yield shop.step(shop.now + 60)


def publications_of(shop, history):
    return [h for events in execute(shop, history) for h in events if isinstance(h, PublishRequest)]


def payloads(publications, type_, channel=""):
    return [
        codec.decode_json(bytes(publication.payload))
        for publication in publications
        if publication.type == type_ and str(publication.channel).startswith(channel)
    ]


@some_histories
@given(configs, histories)
def test_stock_is_never_negative_and_always_balanced(create_shop, config, history):
    shop = create_shop(**config)
    for _ in execute(shop, history):
        for shelf in shop.components.shelves:
            assert shelf.remaining >= 0
            assert (
                shelf.sold + shelf.remaining == shelf.initial + shelf.supplied - shelf.written_off
            )


@some_histories
@given(configs, histories)
def test_what_is_sold_is_what_orders_hold(create_shop, config, history):
    shop = create_shop(**config)
    held = Counter()
    for publication in publications_of(shop, history):
        payload = codec.decode_json(bytes(publication.payload))
        is_cancelled = payload.get("status") == "cancelled" and publication.channel.startswith(
            "order:"
        )
        if publication.type == "new_order" or is_cancelled:
            for item in payload["order"]["items"]:
                held[item["product_id"]] += item["quantity"] * (-1 if is_cancelled else 1)

    for product in PRODUCTS:
        assert (
            sum(shelf.sold for shelf in shop.components.shelves.shelves_of(product))
            == held[product]
        )


@some_histories
@given(configs, histories)
def test_orders_change_only_by_allowed_transitions_and_name_the_previous_status(
    create_shop, config, history
):
    last = {}
    publications = publications_of(create_shop(**config), history)
    for placed in payloads(publications, "new_order"):
        last[placed["order"]["id"]] = OrderStatus.PENDING
    for update in payloads(publications, "order_update", "order:"):
        before = last[update["order_id"]]
        if "previous_status" in update:
            assert update["previous_status"] == before
            assert update["status"] in ALLOWED_TRANSITIONS[before]
            last[update["order_id"]] = OrderStatus(update["status"])
        else:
            assert update["status"] == before
        assert update["order"]["status"] == update["status"]


@some_histories
@given(configs, histories)
def test_orders_are_paid_before_they_are_refunded(create_shop, config, history):
    seen = defaultdict(list)
    for update in payloads(
        publications_of(create_shop(**config), history), "order_update", "order:"
    ):
        seen[update["order_id"]].append(update["status"])
    for statuses in seen.values():
        assert "refunded" not in statuses or "paid" in statuses


@some_histories
@given(configs, histories)
def test_totals_are_the_sums_of_the_items(create_shop, config, history):
    for placed in payloads(publications_of(create_shop(**config), history), "new_order"):
        order = placed["order"]
        assert order["total"] == sum(item["price"] * item["quantity"] for item in order["items"])
        assert order["total"] > 0


@some_histories
@given(configs, histories)
def test_every_publication_is_valid(create_shop, config, history):
    for publication in publications_of(create_shop(**config), history):
        publication.address()
        codec.validate_event(publication.type, publication.payload)


@some_histories
@given(configs, histories)
def test_counts_and_revenue_agree_with_the_publications(create_shop, config, history):
    """
    Orders by status, and the revenue.
    """
    shop = create_shop(**config)
    publications = publications_of(shop, history)
    last, revenue = {}, Decimal(0)
    for placed in payloads(publications, "new_order"):
        last[placed["order"]["id"]] = "pending"
    for update in payloads(publications, "order_update", "order:"):
        last[update["order_id"]] = update["status"]
        if "previous_status" in update:
            sign = {"paid": 1, "refunded": -1}.get(update["status"], 0)
            revenue += sign * update["order"]["total"]
    fulfilment = shop.components.fulfilment

    assert +fulfilment.by_status == Counter(last.values())
    assert fulfilment.revenue.total_for(shop.components.context.datetime_at(0).date()) == revenue
    assert {order.order.id for order in fulfilment.live.values()} <= last.keys()


@some_histories
@given(configs, histories)
def test_the_same_seed_and_commands_give_the_same_publications(create_shop, config, history):
    one, two = create_shop(**config), create_shop(**config)

    assert [codec.encode_json(d) for d in publications_of(one, history)] == [
        codec.encode_json(d) for d in publications_of(two, history)
    ]


@some_histories
@given(configs, histories)
def test_the_publications_do_not_depend_on_the_size_of_the_steps(create_shop, config, history):
    whole, cut = create_shop(**config), create_shop(**config)
    expected = list(execute(whole, history))
    found = []
    for passed, command in history:
        until = cut.now + passed
        found += cut.step(cut.now + passed / 3) + cut.step(until)
        try:
            cut.execute(command)
        except CommandRejected:
            continue
    found += cut.step(cut.now + 60)

    assert found == [h for events in expected for h in events]


@pytest.fixture
def shop(create_shop):
    shop = create_shop()
    shop.step(30)
    return shop


def test_an_order_placed_by_a_command_is_like_any_other(shop):
    placed = shop.execute(PlaceOrder(customer="user_3", product="prod_101", quantity=2))
    types = [d.type for d in shop.step(shop.now) if isinstance(d, PublishRequest)]
    shop.step(shop.now + 400)

    assert types[:3] == ["new_order", "order_update", "notification"]
    later = shop.components.fulfilment.find(placed.order.id)
    assert later is None or later.status is not OrderStatus.PENDING


def test_an_order_is_allocated_from_the_nearest_warehouse(shop):
    customer = shop.data.customers.customer(3)
    shelf = shop.components.shelves.get("prod_105", customer.warehouse)
    left = shelf.remaining
    shop.execute(PlaceOrder(customer="user_3", product="prod_105"))

    assert shelf.remaining == left - 1


def test_an_order_without_a_customer_is_for_a_connected_one(create_shop):
    shop = create_shop(connected_customers=2)

    customers = {shop.execute(PlaceOrder()).order.customer.id for _ in range(20)}

    assert customers == {"user_1", "user_2"}


def test_nothing_happens_by_chance_to_orders_placed_by_a_command(shop):
    placed = [shop.execute(PlaceOrder()).order.id for _ in range(40)]
    shop.step(shop.now + 60)

    statuses = {shop.components.fulfilment.find(id).status for id in placed}
    assert OrderStatus.PAID in statuses or OrderStatus.PROCESSING in statuses
    assert statuses.isdisjoint({OrderStatus.PAYMENT_FAILED, OrderStatus.CANCELLED})


def test_the_schedule_leaves_an_order_alone_between_two_changes_by_hand(shop):
    order = shop.execute(PlaceOrder())
    order = shop.execute(AdvanceOrder(order=order.order.id))
    shop.step(shop.now + 179)
    alone = shop.components.fulfilment.find(order.order.id)
    shop.step(shop.now + 30)
    later = shop.components.fulfilment.find(order.order.id)

    assert (alone.status, later.status) == (OrderStatus.PAID, OrderStatus.PROCESSING)


def test_a_held_order_is_changed_by_commands_alone_until_its_time_is_over(shop):
    order = shop.execute(PlaceOrder(hold_s=600))
    shop.step(shop.now + 300)
    alone = shop.components.fulfilment.find(order.order.id).status
    shop.execute(AdvanceOrder(order=order.order.id))
    shop.step(shop.now + 299)
    by_hand = shop.components.fulfilment.find(order.order.id).status
    shop.step(shop.now + 120)
    later = shop.components.fulfilment.find(order.order.id).status

    assert (alone, by_hand) == (OrderStatus.PENDING, OrderStatus.PAID)
    assert later not in (OrderStatus.PENDING, OrderStatus.PAID)


def test_advancing_an_order_cancels_its_scheduled_change(shop):
    """
    Its payment was scheduled; now its parcel is shipped.
    """
    order = shop.execute(PlaceOrder())
    for _ in range(3):
        order = shop.execute(AdvanceOrder(order=order.order.id))
    shop.step(shop.now)
    updates = [
        u
        for u in payloads(
            [h for h in shop.step(shop.now + 30) if isinstance(h, PublishRequest)],
            "order_update",
            "order:",
        )
        if u["order_id"] == order.order.id
    ]

    assert {update["status"] for update in updates} <= {"shipped"}


def test_a_delivered_order_can_be_refunded(shop):
    order = shop.execute(PlaceOrder())
    for _ in range(4):
        order = shop.execute(AdvanceOrder(order=order.order.id))
    with pytest.raises(CommandRejected, match="is delivered and has no next status"):
        shop.execute(AdvanceOrder(order=order.order.id))

    refunded = shop.execute(AdvanceOrder(order=order.order.id, to=OrderStatus.REFUNDED))

    assert refunded.status is OrderStatus.REFUNDED
    assert [o.order.id for o in shop.components.fulfilment.finished].count(order.order.id) == 1


def test_stock_set_to_zero_raises_an_alert_per_shelf_and_is_replenished(shop):
    assert shop.execute(SetStock(product="prod_108", level=0)) == 3
    at_once = payloads(shop.step(shop.now), "inventory_alert")
    assert {(a["location"], a["alert_type"]) for a in at_once} == {
        (place, "out_of_stock") for place in WAREHOUSES
    }

    shop.step(shop.now + 301)
    assert all(shelf.remaining > 0 for shelf in shop.components.shelves.shelves_of("prod_108"))


def test_stock_set_to_a_higher_level_counts_as_supplied(shop):
    shelf = shop.components.shelves.get("prod_108", "Київ")
    supplied, left = shelf.supplied, shelf.remaining
    shop.execute(SetStock(product="prod_108", level=left + 7, warehouse="Київ"))

    assert (shelf.remaining, shelf.supplied, shelf.written_off) == (left + 7, supplied + 7, 0)


def test_restocking_replenishes_only_low_shelves(shop):
    shop.execute(SetStock(product="prod_108", level=1, warehouse="Київ"))
    full = {
        shelf: shelf.remaining
        for shelf in shop.components.shelves
        if shelf.remaining > shelf.product.threshold
    }
    low = [shelf for shelf in shop.components.shelves if shelf not in full]

    assert shop.execute(Restock()) == len(low) >= 1
    assert all(shelf.remaining > shelf.product.threshold for shelf in low)
    assert all(shelf.remaining == left for shelf, left in full.items())


def test_restocking_cancels_the_pending_delivery(shop):
    shop.execute(SetStock(product="prod_108", level=0, warehouse="Київ"))
    shop.execute(Restock(product="prod_108", warehouse="Київ", quantity=500))
    shelf = shop.components.shelves.get("prod_108", "Київ")
    supplied = shelf.supplied
    shop.step(shop.now + 130)

    assert shelf.supplied == supplied


def test_the_rate_is_reached_soon_after_a_change(create_shop):
    shop = create_shop(rate=0.1)
    shop.step(60)
    shop.rate = 100.0
    shop.step(100)

    assert len(shop.step(400)) / 300 == pytest.approx(100, rel=0.1)
