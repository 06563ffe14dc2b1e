"""Percentiles, growth and traffic of the measurement of the pages."""

import json

import pytest

from bench.measurements import pages, pages_traffic


def test_a_percentile_is_interpolated_within_its_bucket():
    before = {0.1: 5.0, 0.2: 5.0, float("inf"): 5.0}
    after = {0.1: 15.0, 0.2: 25.0, float("inf"): 25.0}

    assert pages.percentile(before, after, 0.5) == pytest.approx(0.1)
    assert pages.percentile({}, after, 0.8) == pytest.approx(0.15)


def test_a_percentile_over_the_last_bound_is_that_bound():
    assert pages.percentile({}, {0.1: 1.0, float("inf"): 100.0}, 0.95) == 0.1


@pytest.mark.parametrize(
    ("samples", "percent"),
    [([1, 9, 5, 5, 5, 5], 0), ([0, 0, 0, 99, 100, 101], 2), ([7, 7, 7, 101, 100, 99], -2)],
)
def test_growth_is_the_slope_of_the_second_half(samples, percent):
    assert pages.growth_percent(samples) == pytest.approx(percent)


def test_the_traffic_is_json_of_two_types():
    published = json.loads(pages_traffic.request_body(0, 8))

    assert [one["type"] for one in published].count("order_update") == 2
    assert len({one["channel"] for one in published}) == 8
