"""What the charts are drawn of."""

import pytest

from dashboard.state.channels import KINDS
from dashboard.state.time_series import WINDOW_S, PerSecondCounters
from dashboard.ui import charts


@pytest.mark.parametrize(
    ("most", "ceiling"),
    [(0, 1), (1, 1.5), (9.9, 10), (10, 15), (64, 80), (79.9, 80), (999, 1000)],
)
def test_a_scale_ends_at_the_next_round_number(most, ceiling):
    assert charts.round_up_nicely(most) == ceiling


def test_throughput_slides_under_a_fixed_axis():
    rows = PerSecondCounters().series(1000.0).window(KINDS)

    frame = charts.throughput_data(rows, {-5: "no data: 3 s"})

    assert (frame["t"].min(), frame["t"].max(), len(frame)) == (1 - WINDOW_S, 0, WINDOW_S)
    assert frame[frame["mark"] != ""]["t"].tolist() == [-5]
    assert set(KINDS) <= set(frame.columns)


def test_a_level_is_drawn_in_steps_beside_its_threshold():
    frame = charts.stock_data([(-10.0, (5, 6)), (0.0, (4, 6))], ("Київ", "Львів"), 3)

    assert frame.to_dict("list") == {
        "Київ": [5, 4],
        "Львів": [6, 6],
        "t": [-10.0, 0.0],
        "threshold": [3, 3],
    }


def test_a_specification_is_built_once():
    assert charts.stock_spec(("Київ",), 120) is charts.stock_spec(("Київ",), 120)


def test_a_field_is_drawn_at_the_browsers_time():
    frame = charts.field_data([(1.5, 2.0)], "user")

    assert frame.to_dict("records") == [{"at": 1500.0, "value": 2.0, "kind": "user"}]
