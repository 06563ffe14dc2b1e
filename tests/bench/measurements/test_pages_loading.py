"""The layout shift of a page: the worst five seconds, without the rows of live lists."""

import pytest

from bench.measurements.pages_loading import LayoutShift, cumulative_layout_shift


def shifts(*pairs, is_live=False):
    return [LayoutShift(at, value, (), is_live) for at, value in pairs]


def test_a_page_without_shifts_has_none():
    assert cumulative_layout_shift([]) == 0.0


def test_shifts_less_than_a_second_apart_add_up():
    assert cumulative_layout_shift(shifts((1.0, 0.1), (1.9, 0.2), (2.8, 0.1))) == pytest.approx(0.4)


def test_after_a_second_without_a_shift_the_sum_begins_again():
    assert cumulative_layout_shift(shifts((1.0, 0.1), (2.0, 0.2))) == pytest.approx(0.2)


def test_a_sum_covers_five_seconds_at_most():
    steady = shifts(*((at / 2, 0.1) for at in range(20)))

    assert cumulative_layout_shift(steady) == pytest.approx(1.0)


def test_live_rows_are_left_out():
    assert cumulative_layout_shift(shifts((1.0, 0.3), is_live=True)) == 0.0
