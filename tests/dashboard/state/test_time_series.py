"""Counters and gauges over time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.state.time_series import (
    RETENTION_S,
    SPARKLINE_STEP_S,
    WINDOW_S,
    PerSecondCounters,
    PerSecondGauges,
)


@pytest.fixture
def bins():
    return PerSecondCounters()


def test_a_second_without_data_is_zero(bins):
    bins.add(1000.5, {"user": 4.0})
    bins.add(1003.0, {"user": 1.0})

    window = bins.series(1003.0).window(["user", "order"], length=3)

    assert window == [
        {"user": 4.0, "order": 0.0},
        {"user": 0.0, "order": 0.0},
        {"user": 0.0, "order": 0.0},
    ]


def test_a_window_has_its_full_length_even_if_empty(bins):
    assert len(bins.series(1000.0).window(["user"])) == WINDOW_S


def test_a_report_is_spread_over_the_time_it_covers(bins):
    bins.add(1001.5, {"user": 8.0}, duration_s=1.0)

    rows = bins.series(1010.0).rows

    assert rows[1000]["user"] == rows[1001]["user"] == pytest.approx(4.0)


@given(
    st.lists(
        st.tuples(st.floats(0.05, 3.0), st.integers(0, 500)),
        min_size=1,
        max_size=40,
    )
)
def test_spreading_keeps_the_sum(reports):
    bins, at = PerSecondCounters(), 1000.0
    for lasted, count in reports:
        at += lasted
        bins.add(at, {"user": float(count)}, duration_s=lasted)

    total = sum(row["user"] for row in bins.series(at).rows.values())

    assert total == pytest.approx(sum(count for _, count in reports))


def test_the_current_second_is_not_shown_yet(bins):
    bins.add(1000.9, {"user": 1.0})
    bins.add(1001.2, {"user": 5.0})

    assert bins.series(1001.3).now("user") == 1.0


def test_the_window_moves_on_without_reports(bins):
    bins.add(1000.9, {"user": 1.0})

    assert bins.series(1010.0).now("user") == 0.0


def test_old_seconds_are_dropped(bins):
    bins.add(1000.0, {"user": 1.0})
    bins.add(1002.0 + RETENTION_S, {"user": 1.0})

    assert 1000 not in bins.series(1002.0 + RETENTION_S).rows


def test_a_series_is_immutable(bins):
    bins.add(1000.2, {"user": 1.0})
    series = bins.series(1002.0)

    bins.add(1000.4, {"user": 1.0})

    assert series.rows[1000]["user"] == 1.0


def test_a_mean_is_over_the_last_complete_seconds(bins):
    for second, count in ((1000, 2.0), (1001, 4.0), (1002, 6.0)):
        bins.add(second + 0.5, {"user": count})
    bins.add(1003.1, {})

    assert bins.series(1003.2).now("user", over=3) == pytest.approx(4.0)


def test_a_sparkline_has_a_point_every_few_seconds_and_ends_now(bins):
    for second in range(1000, 1000 + WINDOW_S):
        bins.add(second + 0.5, {"user": 2.0})
    bins.add(1000.0 + WINDOW_S, {})

    trend = bins.series(1000.0 + WINDOW_S).sparkline("user")

    assert trend == pytest.approx([2.0] * (WINDOW_S // SPARKLINE_STEP_S))


def test_a_sparkline_of_sums_has_a_minute_in_each_point(bins):
    bins.add(1000.5, {"orders": 1.0})
    bins.add(1050.0, {})

    trend = bins.series(1050.0).sparkline("orders", over=60)

    assert trend[-1] == 1.0
    assert trend[0] == 0.0


def test_a_gauge_holds_its_value_until_it_is_set_again():
    levels = PerSecondGauges()
    levels.set(1000.0, 5.0)
    levels.set(1100.0, 7.0)

    (connections,) = levels.sparklines(end=1110, names=1)

    assert connections[-1] == 7.0
    assert connections[len(connections) // 2] == 5.0
    assert connections[0] == 0.0


def test_a_gauge_set_before_the_window_still_holds():
    levels = PerSecondGauges()
    levels.set(1000.0, 5.0)

    (connections,) = levels.sparklines(end=1000 + WINDOW_S + 30, names=1)

    assert set(connections) == {5.0}
