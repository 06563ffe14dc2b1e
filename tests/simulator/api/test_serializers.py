"""The body of ``GET /state`` agrees with the shop's publications."""

from collections import Counter
from datetime import date
from decimal import Decimal

from protocol import codec
from protocol.publications import PublishRequest
from protocol.simulator_api import ScenarioSubject, ShopState, StartScenario


def state_and_publications(harness, seconds=300):
    it = harness()
    it.wait(*[5.0] * (seconds // 5))
    published = it.sink.publications
    return it.state(), [(d.type, d.channel, codec.decode_json(bytes(d.payload))) for d in published]


def test_the_state_counts_publications_by_type(harness):
    state, published = state_and_publications(harness)

    assert state.publications == Counter(type_ for type_, _, _ in published)


def test_orders_have_their_last_published_status(harness):
    state, published = state_and_publications(harness)
    last = {p["order_id"]: p["status"] for type_, _, p in published if type_ == "order_update"}

    assert state.orders
    assert {order.id: order.status for order in state.orders}.items() <= last.items()
    assert state.orders_by_status == Counter(last.values())


def test_orders_are_sorted_newest_first(harness):
    state, _ = state_and_publications(harness)
    placed = [order.created_at for order in state.orders]

    assert placed == sorted(placed, reverse=True)


def test_products_have_the_names_and_skus_of_their_alerts(harness):
    state, published = state_and_publications(harness)
    products = {product.id: product for product in state.products}

    assert {product.stock.keys() == set(state.warehouses) for product in products.values()} == {
        True
    }
    for type_, _, alert in published:
        if type_ == "inventory_alert":
            product = products[alert["product_id"]]
            assert (product.name, product.sku) == (alert["product_name"], alert["sku"])


def test_the_revenue_is_what_was_paid_and_not_refunded(create_shop):
    shop = create_shop()
    revenue = Decimal(0)
    for publication in shop.step(600):
        if isinstance(publication, PublishRequest) and publication.type == "order_update":
            update = codec.decode_json(bytes(publication.payload))
            if publication.channel.startswith("order:") and "previous_status" in update:
                sign = {"paid": 1, "refunded": -1}.get(update["status"], 0)
                revenue += sign * update["order"]["total"]

    assert revenue
    assert shop.components.fulfilment.revenue.total_for(date(1970, 1, 1)) == revenue
    assert shop.components.fulfilment.revenue.total_for(date(1970, 1, 2)) == 0


def test_the_state_is_encoded_with_all_its_fields(harness):
    """
    Money has two decimal places; an order contains its history.
    """
    state, _ = state_and_publications(harness)
    written = codec.decode_json(codec.encode_json(state))

    assert set(written) == set(ShopState.__struct_fields__)
    order = written["orders"][-1]
    assert {"id", "number", "total", "customer", "items", "history", "payment_status"} <= set(order)
    assert order["history"][0]["status"] == "pending"
    assert order["total"].as_tuple().exponent == -2


def test_a_scenario_names_its_products_while_it_runs_and_afterwards(harness):
    it = harness()
    it.runner.execute(StartScenario(name="flash-sale"))
    (running,) = it.state().scenarios
    it.wait(*[5.0] * 25)
    (finished,) = it.state().ended

    names = {product.id: product.name for product in it.state().products}
    assert len(running.subjects) == 6
    assert all(subject.kind == "product" for subject in running.subjects)
    assert all(names[subject.id] == subject.name for subject in running.subjects)
    assert finished.subjects == running.subjects


def test_a_slow_client_names_its_customer(harness, shop_data):
    it = harness(connected_customers=3)
    it.runner.execute(StartScenario(name="slow-client"))
    ((subject,),) = (one.subjects for one in it.state().scenarios)

    assert subject == ScenarioSubject("customer", "user_4", shop_data.customers.customer(4).name)


def test_a_scenario_of_the_whole_shop_names_nothing(harness):
    it = harness()
    it.runner.execute(StartScenario(name="payment-outage"))

    assert it.state().scenarios[0].subjects == ()
