"""Counters and gauges over time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.state.time_series import (
    MAX_POINTS,
    MAX_WINDOW_S,
    RETENTION_S,
    SPARKLINE_STEP_S,
    WINDOW_S,
    Gap,
    GaugeLow,
    GaugeRange,
    PerSecondCounters,
    PerSecondGauges,
    TimeSpan,
    known_buckets,
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


def test_a_gauge_keeps_the_low_and_the_high_of_each_second():
    gauges = PerSecondGauges()
    gauges.set(1000.2, GaugeRange(27.0, 27.0, 27.0))
    gauges.set(1000.8, GaugeRange(26.0, 2.0, 28.0))

    assert gauges.series().rows[1000] == ((26.0, 2.0, 28.0),)


def test_a_dip_of_one_second_is_seen_in_a_bucket_of_fifteen():
    gauges = PerSecondGauges()
    for second in range(1000, 1030):
        low = 2.0 if second == 1007 else 27.0
        gauges.set(second + 0.5, GaugeRange(27.0, low, 27.0))

    first, second = gauges.series().ranges(0, range(1014, 1030, 15))

    assert first == (27.0, 2.0, 27.0)
    assert second == (27.0, 27.0, 27.0)


def test_the_first_value_of_a_gauge_is_not_its_low():
    gauges = PerSecondGauges()
    gauges.set(1001.0, 27.0)

    assert gauges.series().ranges(0, range(1002, 1003, 3)) == [(27.0, 27.0, 27.0)]


def test_the_lowest_value_is_found_with_its_latest_second():
    gauges = PerSecondGauges()
    for second, value in enumerate((1.0, 5.0, 3.0, 3.0, 4.0), start=1000):
        gauges.set(float(second), value)

    assert gauges.series().lowest(0, TimeSpan(1001, 1004)) == GaugeLow(3.0, 1003)
    assert gauges.series().lowest(0, TimeSpan(2001, 2004)) is None


def test_old_gauges_are_dropped():
    gauges = PerSecondGauges()
    gauges.set(1000.0, 1.0)
    gauges.set(1002.0 + RETENTION_S, 1.0)

    assert list(gauges.series().rows) == [1002 + RETENTION_S]


@pytest.mark.parametrize("length", [WINDOW_S, 300, 600, MAX_WINDOW_S])
@pytest.mark.parametrize("end", [1000, 1007])
def test_a_span_has_whole_buckets_that_do_not_move_with_it(length, end):
    span = TimeSpan(end - length + 1, end)
    ends = span.bucket_ends()

    assert len(ends) <= MAX_POINTS
    assert ends[0] - ends.step + 1 >= span.start
    assert ends[-1] <= end
    assert all((last + 1) % ends.step == 0 for last in ends)
    assert ends[-1] > end - ends.step


def test_means_are_per_second_of_their_bucket(bins):
    bins.add(1000.5, {"user": 4.0})
    bins.add(1002.5, {"user": 2.0})

    assert bins.series(1004.0).means(["user"], range(1001, 1004, 2)) == [
        {"user": 2.0},
        {"user": 1.0},
    ]


def test_a_bucket_that_a_gap_touches_is_not_known():
    ends = range(1002, 1015, 3)  # the seconds 1000-1002, 1003-1005, ...

    assert known_buckets(ends, [Gap(1004.5, 1006.0)]) == [True, False, True, True, True]
    assert known_buckets(ends, [Gap(0.0, 1003.2)]) == [False, False, True, True, True]
    assert known_buckets(ends, [Gap(1012.0, 1020.0)]) == [True, True, True, True, False]
