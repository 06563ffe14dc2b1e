"""The whole shop: its publications are valid and consistent for any seed and rate."""

import re
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import codec
from protocol.event_payloads import OrderStatus
from protocol.publications import PublishRequest
from simulator.shop.orders import ALLOWED_TRANSITIONS, FINISHED_STATUSES
from simulator.shop.simulation_events import AskSupport
from simulator.shop.stock_levels import StockStatus

configs = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10**6),
        "rate": st.sampled_from([0.5, 20.0, 80.0]),
        "connected_customers": st.sampled_from([0, 10, 200]),
    }
)
some_runs = settings(max_examples=8, deadline=None)
TIMESTAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def encoded(publications):
    return [codec.encode_json(publication) for publication in publications]


def payloads(publications, type_, channel=""):
    return [
        codec.decode_json(bytes(publication.payload))
        for publication in publications
        if publication.type == type_ and publication.channel.startswith(channel)
    ]


@some_runs
@given(configs)
def test_every_publication_is_valid(publications_of, config):
    """
    Each has an address and a valid payload whose amounts have two decimal places.
    """
    for publication in publications_of(200, **config):
        publication.address()
        _, forwarded = codec.validate_event(publication.type, publication.payload)
        assert forwarded == bytes(publication.payload)


@some_runs
@given(configs)
def test_orders_change_only_by_allowed_transitions(publications_of, config):
    """
    Every update names the status of the update before it.
    """
    publications = publications_of(300, **config)
    histories = defaultdict(list)
    for update in payloads(publications, "order_update", "order:"):
        histories[update["order_id"]].append(update)
    assert config["rate"] < 1 or histories
    for updates in histories.values():
        status = OrderStatus.PENDING
        for update in updates:
            if "previous_status" in update:
                assert update["previous_status"] == status
                assert update["status"] in ALLOWED_TRANSITIONS[status]
            assert update["order"]["status"] == update["status"]
            status = OrderStatus(update["status"])
            assert "previous_status" in update or status is OrderStatus.SHIPPED
        assert [u["updated_at"] for u in updates] == sorted(u["updated_at"] for u in updates)


def test_the_channels_of_order_and_customer_get_the_same_updates(publications_of):
    publications = publications_of(200)
    of_orders = payloads(publications, "order_update", "order:")
    to_owners = payloads(publications, "order_update", "user:")

    assert of_orders
    assert [u for u in to_owners if u["status"] != "pending"] == of_orders


def test_only_the_owner_gets_the_updates_of_an_order(publications_of):
    for publication in publications_of(200):
        payload = codec.decode_json(bytes(publication.payload))
        if publication.type == "order_update" and publication.channel.startswith("user:"):
            assert publication.channel == f"user:{payload['order']['customer']['id']}"
        if publication.type == "new_order":
            assert publication.channel == "tenant:shop"


def test_an_order_is_published_before_its_updates(publications_of):
    """
    The server permits subscriptions to an order once it is published.
    """
    known = set()
    for publication in publications_of(200):
        payload = codec.decode_json(bytes(publication.payload))
        if publication.type == "new_order":
            known.add(payload["order"]["id"])
        elif publication.type == "order_update":
            assert payload["order_id"] in known


@some_runs
@given(configs)
def test_the_total_of_an_order_is_the_sum_of_its_items(publications_of, config):
    for placed in payloads(publications_of(200, **config), "new_order"):
        order = placed["order"]
        assert order["total"] == sum(item["price"] * item["quantity"] for item in order["items"])
        assert order["currency"] == "UAH"


def test_items_have_catalogue_prices(publications_of, shop_data):
    prices = {product.id: Decimal(product.price) for product in shop_data.catalogue.products}
    placed = payloads(publications_of(200), "new_order")

    assert placed
    for order in placed:
        for item in order["order"]["items"]:
            assert item["price"] == prices[item["product_id"]]


@some_runs
@given(configs, st.lists(st.floats(0.1, 60), max_size=12))
def test_stock_is_balanced(create_shop, config, steps):
    """
    The invariant holds for each shelf after each step.
    """
    shop = create_shop(**config)
    for passed in steps:
        shop.step(shop.now + passed)
        for shelf in shop.components.shelves:
            assert shelf.remaining >= 0
            assert shelf.initial + shelf.supplied == shelf.remaining + shelf.sold


def test_what_is_sold_is_what_orders_hold(create_shop, shop_data):
    shop = create_shop()
    held = Counter()
    for publication in shop.step(400):
        if isinstance(publication, AskSupport):
            continue
        payload = codec.decode_json(bytes(publication.payload))
        if publication.type == "new_order":
            _count(held, payload["order"], 1)
        elif payload.get("status") == "cancelled" and publication.channel.startswith("order:"):
            _count(held, payload["order"], -1)

    for product in shop_data.catalogue.products:
        assert (
            sum(shelf.sold for shelf in shop.components.shelves.shelves_of(product.id))
            == held[product.id]
        )


def _count(held, order, sign):
    for item in order["items"]:
        held[item["product_id"]] += sign * item["quantity"]


@some_runs
@given(configs)
def test_alerts_are_consistent(publications_of, config):
    """
    No alert is repeated before the status of the shelf has changed back.
    """
    shelves = defaultdict(list)
    for alert in payloads(publications_of(400, **config), "inventory_alert", "tenant:"):
        shelves[alert["product_id"], alert["location"]].append(alert)
    for alerts in shelves.values():
        assert alerts[0]["alert_type"] != "back_in_stock"
        for alert in alerts:
            left, threshold = alert["current_quantity"], alert["threshold"]
            assert {
                "low_stock": 0 < left <= threshold,
                "out_of_stock": left == 0,
                "back_in_stock": left > 0,
            }[alert["alert_type"]]
        for one, next_ in pairwise(alerts):
            assert "back_in_stock" in (one["alert_type"], next_["alert_type"]) or (
                (one["alert_type"], next_["alert_type"]) == ("low_stock", "out_of_stock")
            )


def test_the_last_alert_of_a_shelf_gives_its_status(create_shop):
    """
    A shelf without an alert has sufficient stock.
    """
    shop, last, seen = create_shop(rate=80.0), {}, set()
    for now in range(30, 601, 30):
        for alert in payloads(publications_in(shop.step(now)), "inventory_alert"):
            last[alert["product_id"], alert["location"]] = alert["alert_type"]
        for shelf in shop.components.shelves:
            alert = last.get((shelf.product.id, shelf.warehouse), "back_in_stock")
            assert (shelf.status is StockStatus.OUT_OF_STOCK) == (alert == "out_of_stock")
            assert shelf.status is not StockStatus.SUFFICIENT or alert == "back_in_stock"
            seen.add((shelf.status, alert))

    assert {level for level, _ in seen} == set(StockStatus)


@some_runs
@given(configs)
def test_carts_are_consistent(publications_of, config):
    for publication in publications_of(100, **config):
        if publication.type == "cart_update":
            change = codec.decode_json(bytes(publication.payload))
            assert (change["action"] == "cleared") == ("item" not in change)
            assert (change["cart"]["item_count"] == 0) == (change["cart"]["total"] == 0)


@some_runs
@given(configs)
def test_the_same_configuration_gives_the_same_publications(publications_of, config):
    assert encoded(publications_of(100, **config)) == encoded(publications_of(100, **config))


def test_another_seed_gives_other_publications(publications_of):
    assert encoded(publications_of(60, seed=7)) != encoded(publications_of(60, seed=8))


def test_another_start_time_changes_only_the_timestamps(publications_of):
    def timeless(started_at):
        return [
            TIMESTAMP.sub(b"", raw) for raw in encoded(publications_of(100, started_at=started_at))
        ]

    assert timeless(0.0) == timeless(1_790_000_000.25)


@some_runs
@given(configs, st.lists(st.floats(0, 20), min_size=1, max_size=20))
def test_the_events_do_not_depend_on_the_size_of_the_steps(create_shop, config, steps):
    in_steps, at_once = create_shop(**config), create_shop(**config)
    events = [h for passed in steps for h in in_steps.step(in_steps.now + passed)]

    assert events == at_once.step(in_steps.now)


def test_nothing_happens_without_elapsed_time(create_shop):
    shop = create_shop()
    shop.step(30)

    assert shop.step(30) == shop.step(10) == []


def test_skipped_time_is_not_simulated(create_shop):
    shop, other = create_shop(), create_shop()
    shop.step(30)
    other.step(30)
    shop.skip(3600)

    late, now = shop.step(3640), other.step(40)

    assert [publication.type for publication in publications_in(late)] == [
        publication.type for publication in publications_in(now)
    ]
    assert all(b"T01:00:" in m for m in update_times(late))


def publications_in(events):
    return [event for event in events if isinstance(event, PublishRequest)]


def update_times(events):
    return [
        m for d in publications_in(events) for m in re.findall(rb'updated_at":"([^"]+)', d.payload)
    ]


def test_ids_are_unique_to_a_run(publications_of):
    def ids(run):
        orders = payloads(publications_of(60, run_id=run), "new_order")
        notices = payloads(publications_of(60, run_id=run), "notification")
        return {o["order"]["id"] for o in orders} | {n["id"] for n in notices}

    assert ids("a")
    assert not ids("a") & ids("b")


def test_the_first_alert_is_within_a_minute(publications_of):
    assert payloads(publications_of(60, seed=7), "inventory_alert")


@pytest.mark.parametrize("rate", [20.0, 200.0])
def test_few_shelves_are_out_of_stock(create_shop, rate):
    shop = create_shop(rate=rate)
    shop.step(12_000 / rate)

    assert (
        sum(shelf.remaining == 0 for shelf in shop.components.shelves)
        < len(list(shop.components.shelves)) / 10
    )


@pytest.mark.parametrize(
    ("rate", "since", "until"),
    [(20.0, 20, 300), (20.0, 600, 1800), (200.0, 15, 30), (200.0, 30, 60), (200.0, 60, 120)],
)
def test_the_publication_rate_is_near_its_target(create_shop, rate, since, until):
    """
    Within 10 %, from 15 s after the start.
    """
    shop = create_shop(rate=rate)
    shop.step(since)

    assert len(publications_in(shop.step(until))) / (until - since) == pytest.approx(rate, rel=0.1)


def test_shipped_orders_have_tracking_data(publications_of):
    updates = payloads(publications_of(300), "order_update", "order:")
    shipped = [update for update in updates if update["status"] == "shipped"]

    assert shipped
    for update in shipped:
        assert re.fullmatch(r"\d{14}", update["tracking_number"])
        assert update["tracking_url"].endswith(f"novaposhta.ua/track/{update['tracking_number']}")
        assert update["tracking_status"]


def test_an_order_is_delivered_within_minutes(create_shop):
    shop = create_shop()
    shop.step(600)
    delivered = [
        o for o in shop.components.fulfilment.finished if o.status is OrderStatus.DELIVERED
    ]

    assert delivered
    for order in delivered:
        assert 60 < (order.history[-1].at - order.order.created_at).total_seconds() < 400


def test_the_last_hundred_finished_orders_are_kept(create_shop):
    shop = create_shop(rate=60.0)
    shop.step(900)

    assert len(shop.components.fulfilment.finished) == 100
    assert all(order.status in FINISHED_STATUSES for order in shop.components.fulfilment.finished)
    assert sum(shop.components.fulfilment.by_status.values()) > 100 + len(
        shop.components.fulfilment.live
    )


def test_connected_customers_ask_support(create_shop):
    asks = [h for h in create_shop(connected_customers=3).step(600) if isinstance(h, AskSupport)]

    assert len(asks) > 5
    assert {ask.customer.id for ask in asks} == {"user_1", "user_2", "user_3"}


def test_without_connected_customers_there_are_no_questions(create_shop):
    assert not [
        h for h in create_shop(connected_customers=0).step(300) if isinstance(h, AskSupport)
    ]
