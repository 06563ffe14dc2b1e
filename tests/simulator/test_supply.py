"""Suppliers and alerts: each alert is true when it is sent, and each low shelf is seen to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import codec
from simulator.desk import Start
from simulator.house import House
from simulator.scenarios import Influence, Scenario, Words
from simulator.stage import Scene
from simulator.warehouse import Level

NO_SUPPLIERS = Scenario(
    "no-suppliers", 100.0, *[Words("x", "x")] * 3, ("inventory",), Influence(suppliers_come=False)
)


@pytest.fixture
def house(premises):
    return House.build(premises, Start())


@pytest.fixture
def shelf(house):
    return house.stock.shelf("prod_101", "Київ")


def alerts(house):
    return [codec.read(bytes(draft.payload)) for draft in house.desk.empty_tray()]


def live(house, until):
    for at, action in house.desk.agenda.due(until):
        action(at)


steps = st.lists(
    st.tuples(st.sampled_from(["take", "put_back", "count", "bring", "wait"]), st.integers(0, 12)),
    max_size=40,
)


@settings(deadline=None)
@given(steps)
def test_every_alert_is_true_when_it_is_sent(premises, steps):
    house = House.build(premises, Start())
    shelf, now = house.stock.shelf("prod_101", "Київ"), 0.0
    for step, number in steps:
        if step == "wait":
            now += number * 10
            for at, action in house.desk.agenda.due(now):
                action(at)
                check(alerts(house), shelf)
        elif step == "take":
            house.supply.take(shelf, min(number, shelf.left), now)
        elif step != "put_back" or number <= shelf.sold:
            getattr(house.supply, step)(shelf, number, now)
        check(alerts(house), shelf)


def check(said, shelf):
    for alert in said:
        assert alert["current_quantity"] == shelf.left
        assert {
            "low_stock": shelf.level is Level.LOW,
            "out_of_stock": shelf.level is Level.OUT,
            "back_in_stock": shelf.left > 0,
        }[alert["alert_type"]]


def test_whoever_sees_a_shelf_run_low_brings_a_lot(house, shelf):
    house.supply.count(shelf, 1, 0.0)
    live(house, 121)

    assert shelf.left == 1 + shelf.product.lot


def test_only_one_is_under_way_to_a_shelf(house, shelf):
    house.supply.count(shelf, 3, 0.0)
    house.supply.take(shelf, 1, 5.0)
    house.supply.take(shelf, 1, 6.0)
    live(house, 300)

    assert shelf.supplied == shelf.product.lot


def test_who_is_kept_away_comes_later_and_at_once_when_hurried(house, shelf):
    scene = Scene(NO_SUPPLIERS, 0.0, 100.0, frozenset({"prod_101"}))
    house.stage.raise_curtain(scene)
    house.supply.count(shelf, 0, 0.0)
    live(house, 400)
    assert shelf.left == 0

    house.stage.drop_curtain("no-suppliers")
    house.supply.hurry(shelf, 400.0)
    live(house, 421)
    assert shelf.left == shelf.product.lot


def test_hurrying_brings_nobody_to_a_shelf_that_wants_nothing(house, shelf):
    house.supply.hurry(shelf, 0.0)
    live(house, 400)

    assert shelf.supplied == 0
