"""Suppliers and alerts: each alert is true when it is sent, and each low shelf is seen to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import codec
from simulator.engine.simulation_context import RunConfig
from simulator.scenarios.active import ScenarioRun
from simulator.scenarios.definitions import Scenario, ScenarioModifiers, ScenarioText
from simulator.shop.components import ShopComponents
from simulator.shop.stock_levels import StockStatus

NO_SUPPLIERS = Scenario(
    "no-suppliers",
    100.0,
    *[ScenarioText("x", "x")] * 3,
    ("inventory",),
    ScenarioModifiers(suppliers_deliver=False),
)


@pytest.fixture
def house(premises):
    return ShopComponents.build(premises, RunConfig())


@pytest.fixture
def shelf(house):
    return house.shelves.get("prod_101", "Київ")


def alerts(house):
    return [codec.decode_json(bytes(draft.payload)) for draft in house.context.drain_events()]


def live(house, until):
    for at, action in house.context.scheduler.pop_due(until):
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
def test_every_alert_is_true_when_it_is_sent(premises, steps):
    house = ShopComponents.build(premises, RunConfig())
    shelf, now = house.shelves.get("prod_101", "Київ"), 0.0
    for step, number in steps:
        if step == "wait":
            now += number * 10
            for at, action in house.context.scheduler.pop_due(now):
                action(at)
                check(alerts(house), shelf)
        elif step == "sell":
            house.replenishment.sell(shelf, min(number, shelf.remaining), now)
        elif step != "return_sold" or number <= shelf.sold:
            getattr(house.replenishment, step)(shelf, number, now)
        check(alerts(house), shelf)


def check(said, shelf):
    for alert in said:
        assert alert["current_quantity"] == shelf.remaining
        assert {
            "low_stock": shelf.status is StockStatus.LOW,
            "out_of_stock": shelf.status is StockStatus.OUT_OF_STOCK,
            "back_in_stock": shelf.remaining > 0,
        }[alert["alert_type"]]


def test_whoever_sees_a_shelf_run_low_brings_a_lot(house, shelf):
    house.replenishment.set_level(shelf, 1, 0.0)
    live(house, 121)

    assert shelf.remaining == 1 + shelf.product.reorder_quantity


def test_only_one_is_under_way_to_a_shelf(house, shelf):
    house.replenishment.set_level(shelf, 3, 0.0)
    house.replenishment.sell(shelf, 1, 5.0)
    house.replenishment.sell(shelf, 1, 6.0)
    live(house, 300)

    assert shelf.supplied == shelf.product.reorder_quantity


def test_who_is_kept_away_comes_later_and_at_once_when_hurried(house, shelf):
    scene = ScenarioRun(NO_SUPPLIERS, 0.0, 100.0, frozenset({"prod_101"}))
    house.active_scenarios.start(scene)
    house.replenishment.set_level(shelf, 0, 0.0)
    live(house, 400)
    assert shelf.remaining == 0

    house.active_scenarios.stop("no-suppliers")
    house.replenishment.expedite(shelf, 400.0)
    live(house, 421)
    assert shelf.remaining == shelf.product.reorder_quantity


def test_hurrying_brings_nobody_to_a_shelf_that_wants_nothing(house, shelf):
    house.replenishment.expedite(shelf, 0.0)
    live(house, 400)

    assert shelf.supplied == 0
