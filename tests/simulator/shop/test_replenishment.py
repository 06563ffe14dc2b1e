"""Replenishment: alerts agree with the stock, and each low shelf gets a delivery."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import codec
from simulator.scenarios.active import ScenarioRun
from simulator.scenarios.definitions import Scenario, ScenarioModifiers, ScenarioText
from simulator.shop.components import ShopComponents
from simulator.shop.simulation_context import RunConfig
from simulator.shop.stock_levels import StockStatus

NO_SUPPLIERS = Scenario(
    "no-suppliers",
    100.0,
    *[ScenarioText("x", "x")] * 3,
    ("inventory",),
    ScenarioModifiers(suppliers_deliver=False),
)


@pytest.fixture
def components(shop_data):
    return ShopComponents.build(shop_data, RunConfig())


@pytest.fixture
def shelf(components):
    return components.shelves.get("prod_101", "Київ")


def alerts(components):
    return [
        codec.decode_json(bytes(publication.payload))
        for publication in components.context.drain_events()
    ]


def run_until(components, until):
    for at, action in components.context.scheduler.pop_due(until):
        action(at)


steps = st.lists(
    st.tuples(
        st.sampled_from(["sell", "return_sold", "set_level", "replenish", "wait"]),
        st.integers(0, 12),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(steps)
def test_every_alert_agrees_with_the_stock(shop_data, steps):
    components = ShopComponents.build(shop_data, RunConfig())
    shelf, now = components.shelves.get("prod_101", "Київ"), 0.0
    for step, number in steps:
        if step == "wait":
            now += number * 10
            for at, action in components.context.scheduler.pop_due(now):
                action(at)
                check(alerts(components), shelf)
        elif step == "sell":
            components.replenishment.sell(shelf, min(number, shelf.remaining), now)
        elif step != "return_sold" or number <= shelf.sold:
            getattr(components.replenishment, step)(shelf, number, now)
        check(alerts(components), shelf)


def check(sent_alerts, shelf):
    for alert in sent_alerts:
        assert alert["current_quantity"] == shelf.remaining
        assert {
            "low_stock": shelf.status is StockStatus.LOW,
            "out_of_stock": shelf.status is StockStatus.OUT_OF_STOCK,
            "back_in_stock": shelf.remaining > 0,
        }[alert["alert_type"]]


def test_a_low_shelf_is_replenished_with_the_reorder_quantity(components, shelf):
    components.replenishment.set_level(shelf, 1, 0.0)
    run_until(components, 121)

    assert shelf.remaining == 1 + shelf.product.reorder_quantity


def test_a_shelf_has_at_most_one_pending_delivery(components, shelf):
    components.replenishment.set_level(shelf, 3, 0.0)
    components.replenishment.sell(shelf, 1, 5.0)
    components.replenishment.sell(shelf, 1, 6.0)
    run_until(components, 300)

    assert shelf.supplied == shelf.product.reorder_quantity


def test_a_suspended_delivery_is_retried_and_can_be_expedited(components, shelf):
    run = ScenarioRun(NO_SUPPLIERS, 0.0, 100.0, frozenset({"prod_101"}))
    components.active_scenarios.start(run)
    components.replenishment.set_level(shelf, 0, 0.0)
    run_until(components, 400)
    assert shelf.remaining == 0

    components.active_scenarios.stop("no-suppliers")
    components.replenishment.expedite(shelf, 400.0)
    run_until(components, 421)
    assert shelf.remaining == shelf.product.reorder_quantity


def test_expediting_does_nothing_without_a_pending_delivery(components, shelf):
    components.replenishment.expedite(shelf, 0.0)
    run_until(components, 400)

    assert shelf.supplied == 0
