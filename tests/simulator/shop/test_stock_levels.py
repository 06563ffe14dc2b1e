"""Shelves: stock is never negative, always balanced, and each change of status raises an alert."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.event_payloads import AlertType
from protocol.money import Money
from simulator.shop.catalogue import Catalogue, Product, Warehouse
from simulator.shop.stock_levels import InsufficientStock, Shelf, Shelves, StockStatus

WAREHOUSES = ("Київ", "Львів", "Одеса")


def product(**stock):
    return Product(
        id="prod_1",
        sku="KET-1",
        name="Чайник",
        category="Кухня",
        price=Money("1299.00"),
        threshold=5,
        reorder_quantity=20,
        popularity=1,
        stock=stock,
    )


def shelf(level=9):
    return Shelf(product(Київ=level), "Київ")


def make_shelves(*level):
    catalogue = Catalogue(
        warehouses=tuple(Warehouse(name, name, (1, 2)) for name in WAREHOUSES),
        products=(product(**dict(zip(WAREHOUSES, level, strict=True))),),
    )
    return Shelves(catalogue)


def types(alerts):
    return [alert.alert_type if alert else None for alert in alerts]


def test_crossing_the_threshold_raises_one_alert():
    it = shelf(level=8)

    assert types(it.sell(1) for _ in range(4)) == [None, None, AlertType.LOW_STOCK, None]


def test_selling_everything_at_once_raises_only_an_out_of_stock_alert():
    assert types([shelf(level=9).sell(9)]) == [AlertType.OUT_OF_STOCK]


def test_a_delivery_raises_a_back_in_stock_alert():
    it = shelf(level=9)
    it.sell(9)

    alert = it.replenish(20)

    assert (alert.alert_type, alert.current_quantity) == (AlertType.BACK_IN_STOCK, 20)


def test_a_returned_item_raises_an_alert_and_exceeding_the_threshold_another():
    it = shelf(level=9)
    it.sell(9)

    assert types([it.return_sold(1), it.return_sold(1), it.replenish(20)]) == [
        AlertType.BACK_IN_STOCK,
        None,
        AlertType.BACK_IN_STOCK,
    ]


def test_an_alert_names_product_warehouse_and_quantity():
    alert = shelf(level=6).sell(1)

    assert (alert.product_id, alert.sku, alert.product_name) == ("prod_1", "KET-1", "Чайник")
    assert (alert.location, alert.current_quantity, alert.threshold) == ("Київ", 5, 5)


def test_selling_more_than_there_is_is_rejected():
    it = shelf(level=9)

    with pytest.raises(InsufficientStock, match="9 of prod_1 in Київ, not 10"):
        it.sell(10)

    assert (it.remaining, it.sold) == (9, 0)


@given(
    st.lists(st.tuples(st.sampled_from(["sell", "return_sold", "replenish"]), st.integers(1, 12)))
)
def test_stock_is_balanced_after_any_changes(changes):
    """
    Only a change of status raises an alert, which agrees with the stock.
    """
    it = shelf()
    for change, quantity in changes:
        before = it.status
        try:
            alert = getattr(it, change)(quantity)
        except InsufficientStock:
            assert quantity > it.remaining
            continue
        assert it.remaining >= 0
        assert it.initial + it.supplied == it.remaining + it.sold
        assert (alert is None) == (it.status is before)
        if alert:
            assert alert.current_quantity == it.remaining
            assert alert.alert_type == _expected_alert(before, it.status)


def _expected_alert(before, after):
    if after.value > before.value:
        return AlertType.BACK_IN_STOCK
    return AlertType.OUT_OF_STOCK if after is StockStatus.OUT_OF_STOCK else AlertType.LOW_STOCK


def test_a_shelf_is_found_in_the_preferred_warehouse():
    assert make_shelves(9, 20, 30).find_shelf("prod_1", 2, "Київ").warehouse == "Київ"


def test_the_fullest_shelf_is_found_if_the_preferred_one_has_too_few():
    shelves = make_shelves(9, 20, 30)
    shelves.get("prod_1", "Київ").sell(8)

    assert shelves.find_shelf("prod_1", 2, "Київ").warehouse == "Одеса"


def test_no_shelf_is_found_if_none_has_enough():
    assert make_shelves(9, 20, 30).find_shelf("prod_1", 31, "Львів") is None
