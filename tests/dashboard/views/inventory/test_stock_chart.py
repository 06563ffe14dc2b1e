"""The chart of one product's stock."""

from dashboard.state import inventory
from dashboard.state.inventory import Inventory
from dashboard.views.inventory import stock_chart


def after(*moments):
    """Apply the simulator's answers (when, what) in turn; return the only product."""
    known = Inventory()
    for at, answer in moments:
        known = inventory.update_inventory(known, answer, at)
    return known.products[0]


def test_shows_the_shortest_window_that_holds_the_whole_history(shop):
    shelf = after((0.0, shop.stock()))

    moments = (10.0, 119.0, 200.0, 400.0, 5000.0)

    assert [stock_chart.chart_window(shelf, now) for now in moments] == [
        120, 120, 300, 600, 600,
    ]  # fmt: skip


def test_points_run_from_the_edge_of_the_window_to_now(shop):
    shelf = after((0.0, shop.stock()), (100.0, shop.stock(kyiv=8)), (190.0, shop.stock(kyiv=7)))

    assert list(stock_chart.chart_points(shelf, 120, 200.0)) == [
        (-120.0, (9, 9)),
        (-100.0, (8, 9)),
        (-10.0, (7, 9)),
        (0.0, (7, 9)),
    ]


def test_each_row_has_the_levels_and_the_threshold():
    frame = stock_chart.stock_data([(-10.0, (5, 6)), (0.0, (4, 6))], ("Київ", "Львів"), 3, str)

    assert frame.to_dict("list") == {
        "Київ": [5, 4],
        "Львів": [6, 6],
        "t": [-10.0, 0.0],
        "time": ["-10.0", "0.0"],
        "threshold": [3, 3],
        "ceiling": [8, 8],
    }


def test_a_specification_is_built_once():
    assert stock_chart.stock_spec(("Київ",), 120) is stock_chart.stock_spec(("Київ",), 120)
