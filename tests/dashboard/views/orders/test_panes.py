"""The customer's pane of an order."""

import pytest
from msgspec.structs import replace

from dashboard.state.orders import OrderTracker
from dashboard.views.orders import panes


@pytest.fixture
def goods(shop):
    """List an order of so many goods."""

    def listed(count):
        order, orders = shop.order(), OrderTracker()
        orders.on_placed(replace(order, items=order.items * count), 1.0)
        seen = orders.newest_first()[0]
        return panes.items_html(seen, seen)

    return listed


def test_few_items_are_listed_one_by_one(goods):
    listed = goods(panes.ITEM_ROWS)

    assert listed.count(">Кобзар<") == panes.ITEM_ROWS
    assert "<details>" not in listed


def test_many_items_take_no_more_rows_and_the_rest_unfolds_above_the_total(goods):
    in_sight, _, rest = goods(panes.ITEM_ROWS + 2).partition("<details>")
    folded, _, total = rest.partition("</details>")

    assert in_sight.count(">Кобзар<") == panes.ITEM_ROWS - 1
    assert folded.count(">Кобзар<") == 3
    assert "and 3 more" in folded
    assert "Total" in total
