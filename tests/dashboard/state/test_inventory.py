"""The stock, from the simulator's state."""

import msgspec

from dashboard.state import inventory
from dashboard.state.inventory import HISTORY_S, Inventory


def after(*moments):
    """Tell the answers (when, what) one after another; return the only shelf."""
    known = Inventory()
    for at, answer in moments:
        known = inventory.update_inventory(known, answer, at)
    return known.products[0]


def test_records_only_changes(shop):
    shelf = after((0.0, shop.stock()), (2.0, shop.stock()), (4.0, shop.stock(kyiv=8)))

    assert [(level.at, level.quantities) for level in shelf.history] == [
        (0.0, (9, 9)),
        (4.0, (8, 9)),
    ]


def test_drops_old_levels_but_keeps_the_one_still_valid(shop):
    late = HISTORY_S + 100.0
    shelf = after((0.0, shop.stock()), (50.0, shop.stock(kyiv=8)), (late, shop.stock(kyiv=7)))

    assert [(level.at, level.quantities) for level in shelf.history] == [
        (100.0, (8, 9)),
        (late, (7, 9)),
    ]


def test_fill_is_relative_to_twice_the_threshold(shop):
    assert after((0.0, shop.stock(kyiv=5, lviv=0))).fill_percent == 25.0
    assert after((0.0, shop.stock(kyiv=500))).fill_percent == 100.0


def test_forecasts_the_minutes_until_empty_at_the_current_rate(shop):
    shelf = after((0.0, shop.stock(kyiv=9, lviv=9)), (60.0, shop.stock(kyiv=6, lviv=9)))

    assert shelf.minutes_until_empty(60.0) == 5.0


def test_a_replenishment_does_not_change_the_sales_rate(shop):
    shelf = after(
        (0.0, shop.stock(kyiv=9, lviv=9)),
        (30.0, shop.stock(kyiv=6, lviv=9)),
        (60.0, shop.stock(kyiv=21, lviv=9)),
    )

    assert shelf.minutes_until_empty(60.0) == 10.0


def test_there_is_no_forecast_without_sales(shop):
    shelf = after((0.0, shop.stock()))

    assert shelf.minutes_until_empty(0.0) is None
    assert shelf.minutes_until_empty(600.0) is None


def test_an_empty_product_runs_out_in_zero_minutes(shop):
    assert after((0.0, shop.stock(kyiv=0, lviv=0))).minutes_until_empty(5.0) == 0.0


def test_is_listed_lowest_first_and_empty_shelves_are_counted(shop):
    one = shop.stock(kyiv=0, lviv=0).products[0]
    other = msgspec.structs.replace(one, sku="B", name="Б", stock={"Київ": 1, "Львів": 0})
    known = inventory.update_inventory(
        Inventory(), msgspec.structs.replace(shop.stock(), products=(other, one)), 0.0
    )

    assert [shelf.sku for shelf in known.lowest_first()] == ["BK-1", "B"]
    assert known.empty_shelf_count == 3


def test_a_product_with_an_empty_shelf_comes_first(shop):
    one = shop.stock(kyiv=1, lviv=1).products[0]
    other = msgspec.structs.replace(one, sku="B", stock={"Київ": 50, "Львів": 0})
    known = inventory.update_inventory(
        Inventory(), msgspec.structs.replace(shop.stock(), products=(one, other)), 0.0
    )

    assert [shelf.sku for shelf in known.lowest_first()] == ["B", "BK-1"]


def test_restarts_the_history_when_the_warehouses_change(shop):
    elsewhere = msgspec.structs.replace(shop.stock(), warehouses=("Одеса",))

    shelf = after((0.0, shop.stock()), (5.0, elsewhere))

    assert [level.quantities for level in shelf.history] == [(0,)]
