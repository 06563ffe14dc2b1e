"""Data of the Explorer's field plot."""

import pytest

from dashboard.views.explorer import field_plot


def test_times_are_milliseconds_as_vega_expects():
    frame = field_plot.field_data([(1.5, 2.0), (2.5, 3.0)], "user")

    assert frame["at"].tolist() == [1500.0, 2500.0]
    assert frame["value"].tolist() == [2.0, 3.0]


def test_the_axes_hold_all_points():
    first = field_plot.field_data([(1.5, 2.0), (2.5, 3.0)], "user").iloc[0]

    assert (first["first"], first["last"]) == (1500.0, 2500.0)
    assert (first["lowest"], first["highest"]) == pytest.approx((1.92, 3.08))


def test_a_constant_value_is_in_the_middle():
    first = field_plot.field_data([(1.5, 2.0), (2.5, 2.0)], "user").iloc[0]

    assert (first["lowest"], first["highest"]) == (1.0, 3.0)
