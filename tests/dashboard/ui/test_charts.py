"""Data and scales of the throughput chart."""

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


def test_throughput_moves_under_a_fixed_axis():
    rows = PerSecondCounters().series(1000.0).window(KINDS)

    frame = charts.throughput_data(rows, {-5: "no data: 3 s"})

    assert (frame["t"].min(), frame["t"].max(), len(frame)) == (1 - WINDOW_S, 0, WINDOW_S)
    assert frame[frame["mark"] != ""]["t"].tolist() == [-5]
    assert set(KINDS) <= set(frame.columns)
