"""The chart of one product's stock."""

import re

from dashboard.state import inventory
from dashboard.state.inventory import Inventory
from dashboard.ui.theme import ASSETS_DIR
from dashboard.views.inventory import stock_chart


def after(*moments):
    """Apply the simulator's answers (when, what) in turn; return the only product."""
    known = Inventory()
    for at, answer in moments:
        known = inventory.update_inventory(known, answer, at)
    return known.products[0]


def test_the_legend_has_the_colour_of_each_warehouses_line():
    styles = (ASSETS_DIR / "app.css").read_text()
    tones = dict(re.findall(r"\.(w\d) { --tone: (#\w+); }", styles))
    count = len(stock_chart.WAREHOUSE_HEX)

    legend = [tones[stock_chart.tone(warehouse)] for warehouse in range(count + 1)]

    assert legend == [*stock_chart.WAREHOUSE_HEX, stock_chart.WAREHOUSE_HEX[0]]


def test_points_run_from_the_edge_of_the_window_to_now(shop):
    shelf = after((0.0, shop.stock()), (100.0, shop.stock(kyiv=8)), (190.0, shop.stock(kyiv=7)))

    assert list(stock_chart.chart_points(shelf, 200.0, 120)) == [
        (-120.0, (9, 9)),
        (-100.0, (8, 9)),
        (-10.0, (7, 9)),
        (0.0, (7, 9)),
    ]


def test_points_of_a_span_end_with_it(shop):
    shelf = after((0.0, shop.stock()), (100.0, shop.stock(kyiv=8)), (190.0, shop.stock(kyiv=7)))

    assert list(stock_chart.chart_points(shelf, 150.0, 60)) == [
        (-60.0, (9, 9)),
        (-50.0, (8, 9)),
        (0.0, (8, 9)),
    ]


def test_a_span_before_the_first_level_has_no_points(shop):
    shelf = after((1000.0, shop.stock()))

    assert list(stock_chart.chart_points(shelf, 500.0, 60)) == []


def test_each_row_has_the_levels_the_threshold_and_its_time():
    points = [(-10.0, (5, 6)), (0.0, (4, 6))]

    frame = stock_chart.stock_data(points, ("Київ", "Львів"), 3, 100.0, str)

    assert frame.to_dict("list") == {
        "Київ": [5, 4],
        "Львів": [6, 6],
        "t": [-10.0, 0.0],
        "time": ["90.0", "100.0"],
        "threshold": [3, 3],
        "is_first": [True, False],
        "ceiling": [8.0, 8.0],
    }


def test_a_specification_is_built_once():
    spec = stock_chart.stock_spec(("Київ",), 120, None)

    assert stock_chart.stock_spec(("Київ",), 120, None) is spec
