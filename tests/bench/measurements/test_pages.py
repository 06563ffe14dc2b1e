"""The arithmetic of watching the pages."""

import json

import pytest

from bench.measurements import pages, pages_traffic


def test_a_percentile_is_found_between_the_bounds_of_its_bucket():
    before = {0.1: 5.0, 0.2: 5.0, float("inf"): 5.0}
    after = {0.1: 15.0, 0.2: 25.0, float("inf"): 25.0}

    assert pages.percentile(before, after, 0.5) == pytest.approx(0.1)
    assert pages.percentile({}, after, 0.8) == pytest.approx(0.15)


def test_what_took_longer_than_any_bound_is_said_to_take_the_longest():
    assert pages.percentile({}, {0.1: 1.0, float("inf"): 100.0}, 0.95) == 0.1


@pytest.mark.parametrize(
    ("samples", "percent"),
    [([1, 9, 5, 5, 5, 5], 0), ([0, 0, 0, 99, 100, 101], 2), ([7, 7, 7, 101, 100, 99], -2)],
)
def test_the_slope_is_that_of_the_later_half(samples, percent):
    assert pages.growth_percent(samples) == pytest.approx(percent)


def test_what_is_published_is_json_of_two_kinds():
    published = json.loads(pages_traffic.request_body(0, 8))

    assert [one["type"] for one in published].count("order_update") == 2
    assert len({one["channel"] for one in published}) == 8
