"""Statistics: medians of rounds, and ratios of medians."""

import pytest

from bench.stats import Measurement, quantile, ratio


def measurement(**values):
    return Measurement(section="section", name="what", unit="µs", **values)


def test_one_outlier_round_changes_nothing():
    calm = measurement(ours=[2, 2, 2], plain=[10, 10, 10], raw_write_us=[4, 4, 4])
    noisy = measurement(ours=[2, 2, 90], plain=[10, 10, 500], raw_write_us=[4, 0.1, 4])

    assert (
        (noisy.ratio_to_raw_write, noisy.ratio_to_plain)
        == (calm.ratio_to_raw_write, calm.ratio_to_plain)
        == (0.5, 0.2)
    )


def test_there_is_no_ratio_without_values_to_compare_with():
    assert measurement(ours=[2]).ratio_to_plain is None
    assert ratio([2], [0]) is None


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 51), (0.99, 100), (1, 100)])
def test_a_quantile_is_one_of_the_values(share, value):
    assert quantile(range(1, 101), share) == value
