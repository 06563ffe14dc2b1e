"""The stock, as the simulator tells it."""

import msgspec

from dashboard.state import inventory
from dashboard.state.inventory import HISTORY_S, Inventory


def after(*moments):
    """Tell the answers (when, what) one after another; return the only shelf."""
    known = Inventory()
    for at, answer in moments:
        known = inventory.update_inventory(known, answer, at)
    return known.products[0]


def test_remembers_only_when_something_changed(shop):
    shelf = after((0.0, shop.stock()), (2.0, shop.stock()), (4.0, shop.stock(kyiv=8)))

    assert [(level.at, level.quantities) for level in shelf.history] == [
        (0.0, (9, 9)),
        (4.0, (8, 9)),
    ]


def test_forgets_what_ended_long_ago_but_not_what_still_holds(shop):
    late = HISTORY_S + 100.0
    shelf = after((0.0, shop.stock()), (50.0, shop.stock(kyiv=8)), (late, shop.stock(kyiv=7)))

    assert [(level.at, level.quantities) for level in shelf.history] == [
        (100.0, (8, 9)),
        (late, (7, 9)),
    ]


def test_is_filled_to_a_share_of_twice_the_threshold(shop):
    assert after((0.0, shop.stock(kyiv=5, lviv=0))).fill_percent == 25.0
    assert after((0.0, shop.stock(kyiv=500))).fill_percent == 100.0


def test_is_empty_in_so_many_minutes_at_the_present_rate(shop):
    shelf = after((0.0, shop.stock(kyiv=9, lviv=9)), (60.0, shop.stock(kyiv=6, lviv=9)))

    assert shelf.minutes_until_empty(60.0) == 5.0


def test_is_not_emptied_more_slowly_by_a_delivery(shop):
    shelf = after(
        (0.0, shop.stock(kyiv=9, lviv=9)),
        (30.0, shop.stock(kyiv=6, lviv=9)),
        (60.0, shop.stock(kyiv=21, lviv=9)),
    )

    assert shelf.minutes_until_empty(60.0) == 10.0


def test_of_what_nobody_buys_has_no_end(shop):
    shelf = after((0.0, shop.stock()))

    assert shelf.minutes_until_empty(0.0) is None
    assert shelf.minutes_until_empty(600.0) is None


def test_that_is_gone_is_empty_now(shop):
    assert after((0.0, shop.stock(kyiv=0, lviv=0))).minutes_until_empty(5.0) == 0.0


def test_is_listed_emptiest_first_and_empty_shelves_are_counted(shop):
    one = shop.stock(kyiv=0, lviv=0).products[0]
    other = msgspec.structs.replace(one, sku="B", name="Б", stock={"Київ": 1, "Львів": 0})
    known = inventory.update_inventory(
        Inventory(), msgspec.structs.replace(shop.stock(), products=(other, one)), 0.0
    )

    assert [shelf.sku for shelf in known.lowest_first()] == ["BK-1", "B"]
    assert known.empty_shelf_count == 3


def test_with_an_empty_shelf_comes_before_what_has_less_but_everywhere(shop):
    one = shop.stock(kyiv=1, lviv=1).products[0]
    other = msgspec.structs.replace(one, sku="B", stock={"Київ": 50, "Львів": 0})
    known = inventory.update_inventory(
        Inventory(), msgspec.structs.replace(shop.stock(), products=(one, other)), 0.0
    )

    assert [shelf.sku for shelf in known.lowest_first()] == ["B", "BK-1"]


def test_begins_anew_when_the_warehouses_are_others(shop):
    elsewhere = msgspec.structs.replace(shop.stock(), warehouses=("Одеса",))

    shelf = after((0.0, shop.stock()), (5.0, elsewhere))

    assert [level.quantities for level in shelf.history] == [(0,)]
