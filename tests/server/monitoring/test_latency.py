"""Percentiles of the last minute, and a histogram since the start."""

import pytest

from server.monitoring.latency import SLICE_S, SLICES, LatencyHistogram


def test_without_deliveries_there_are_no_percentiles():
    assert LatencyHistogram(now=0.0).percentiles(now=1.0) is None


def test_percentiles_are_right_within_a_tenth():
    latencies = LatencyHistogram(now=0.0)
    for ms in range(1, 101):
        latencies.observe(ms / 1000, count=10, now=1.0)

    percentiles = latencies.percentiles(now=1.0)

    assert [percentiles.p50, percentiles.p95, percentiles.p99] == pytest.approx(
        [50, 95, 99], rel=0.11
    )


def test_percentiles_are_weighted_by_the_number_of_deliveries():
    latencies = LatencyHistogram(now=0.0)
    latencies.observe(0.001, count=1, now=0.0)
    latencies.observe(0.100, count=99, now=0.0)

    assert latencies.percentiles(now=0.0).p50 == pytest.approx(100, rel=0.11)


def test_deliveries_older_than_a_minute_are_dropped():
    latencies = LatencyHistogram(now=0.0)
    latencies.observe(0.001, count=5, now=0.0)

    assert latencies.percentiles(now=SLICE_S * (SLICES - 1)) is not None
    assert latencies.percentiles(now=SLICE_S * (SLICES + 1)) is None
    assert latencies.percentiles(now=1e9) is None


def test_a_clock_that_steps_back_does_no_harm():
    latencies = LatencyHistogram(now=100.0)
    latencies.observe(-3.0, count=1, now=50.0)

    assert latencies.percentiles(now=50.0).p50 == pytest.approx(0.01)


def test_the_histogram_counts_all_deliveries_and_is_right_within_a_tenth():
    latencies = LatencyHistogram(now=0.0)
    latencies.observe(0.004, count=3, now=0.0)
    latencies.observe(0.020, count=5, now=0.0)

    latencies.percentiles(now=1e6)

    assert [latencies.count_within(edge) for edge in (0.003, 0.0045, 0.019, 0.0225, 10)] == [
        0, 3, 3, 8, 8,
    ]  # fmt: skip
    assert latencies.total_s == pytest.approx(0.112)


def test_the_histogram_never_goes_down_whatever_the_clock_does():
    latencies = LatencyHistogram(now=0.0)
    latencies.observe(-3.0, count=2, now=0.0)

    assert latencies.total_s > 0
    assert latencies.count_within(0.001) == 2
