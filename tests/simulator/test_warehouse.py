"""Shelves: never below nothing, always balanced, and an alert for each change of level."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.events import AlertType
from protocol.money import Money
from simulator.catalogue import Catalogue, Product, Warehouse
from simulator.warehouse import Level, NotEnough, Shelf, Stock

PLACES = ("Київ", "Львів", "Одеса")


def product(**stock):
    return Product(
        id="prod_1",
        sku="KET-1",
        name="Чайник",
        category="Кухня",
        price=Money("1299.00"),
        threshold=5,
        lot=20,
        popularity=1,
        stock=stock,
    )


def shelf(left=9):
    return Shelf(product(Київ=left), "Київ")


def stock(*left):
    catalogue = Catalogue(
        warehouses=tuple(Warehouse(name, (1, 2)) for name in PLACES),
        products=(product(**dict(zip(PLACES, left, strict=True))),),
    )
    return Stock(catalogue)


def types(alerts):
    return [alert.alert_type if alert else None for alert in alerts]


def test_runs_low_once_a_crossing():
    it = shelf(left=8)

    assert types(it.take(1) for _ in range(4)) == [None, None, AlertType.LOW_STOCK, None]


def test_says_only_that_it_is_empty_when_it_falls_from_plenty_to_nothing():
    assert types([shelf(left=9).take(9)]) == [AlertType.OUT_OF_STOCK]


def test_is_back_when_a_delivery_lifts_it():
    it = shelf(left=9)
    it.take(9)

    alert = it.supply(20)

    assert (alert.alert_type, alert.current_quantity) == (AlertType.BACK_IN_STOCK, 20)


def test_is_back_with_the_first_piece_that_is_put_back_and_again_over_the_threshold():
    it = shelf(left=9)
    it.take(9)

    assert types([it.put_back(1), it.put_back(1), it.supply(20)]) == [
        AlertType.BACK_IN_STOCK,
        None,
        AlertType.BACK_IN_STOCK,
    ]


def test_tells_where_it_stands_and_what_lies_on_it():
    alert = shelf(left=6).take(1)

    assert (alert.product_id, alert.sku, alert.product_name) == ("prod_1", "KET-1", "Чайник")
    assert (alert.location, alert.current_quantity, alert.threshold) == ("Київ", 5, 5)


def test_gives_nothing_away_that_it_does_not_have():
    it = shelf(left=9)

    with pytest.raises(NotEnough, match="9 of prod_1 in Київ, not 10"):
        it.take(10)

    assert (it.left, it.sold) == (9, 0)


@given(st.lists(st.tuples(st.sampled_from(["take", "put_back", "supply"]), st.integers(1, 12))))
def test_balances_whatever_happens(changes):
    """
    And a change of level, and nothing else, is told; what is told is true.
    """
    it = shelf()
    for change, quantity in changes:
        before = it.level
        try:
            alert = getattr(it, change)(quantity)
        except NotEnough:
            assert quantity > it.left
            continue
        assert it.left >= 0
        assert it.initial + it.supplied == it.left + it.sold
        assert (alert is None) == (it.level is before)
        if alert:
            assert alert.current_quantity == it.left
            assert alert.alert_type == _truth(before, it.level)


def _truth(before, after):
    if after.value > before.value:
        return AlertType.BACK_IN_STOCK
    return AlertType.OUT_OF_STOCK if after is Level.OUT else AlertType.LOW_STOCK


def test_is_found_in_the_nearest_warehouse_that_has_enough():
    assert stock(9, 20, 30).find("prod_1", 2, "Київ").warehouse == "Київ"


def test_is_found_where_there_is_most_when_the_nearest_has_too_few():
    shelves = stock(9, 20, 30)
    shelves.shelf("prod_1", "Київ").take(8)

    assert shelves.find("prod_1", 2, "Київ").warehouse == "Одеса"


def test_is_not_found_when_nobody_has_enough():
    assert stock(9, 20, 30).find("prod_1", 31, "Львів") is None
