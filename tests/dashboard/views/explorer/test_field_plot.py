"""Data of the Explorer's field plot."""

import pytest

from dashboard.views.explorer import field_plot


def test_times_are_milliseconds_as_vega_expects():
    frame = field_plot.field_data([(1.5, 2.0), (2.5, 3.0)], "user")

    assert frame["at"].tolist() == [1500.0, 2500.0]
    assert frame["value"].tolist() == [2.0, 3.0]


def test_points_at_the_ends_are_within_the_axes():
    first = field_plot.field_data([(1.5, 2.0), (2.5, 3.0)], "user").iloc[0]

    assert first["first"] < 1500.0 < 2500.0 < first["last"]
    assert first["lowest"] < 2.0 < 3.0 < first["highest"]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((2.0, 3.0), (2.0, 3.0, 0.5)),
        ((7.0, 93.0), (0.0, 100.0, 50.0)),
        ((2.0, 2.0), (1.0, 3.0, 0.5)),
        ((-3.0, 5.0), (-4.0, 6.0, 2.0)),
        ((0.0, 12345.0), (0.0, 15000.0, 5000.0)),
    ],
)
def test_ticks_are_even_and_no_value_is_beyond_them(values, ticks):
    first = field_plot.field_data([(1.0, values[0]), (2.0, values[1])], "user").iloc[0]

    assert (first["bottom"], first["top"], first["step"]) == pytest.approx(ticks)


def test_the_selected_message_has_a_ring():
    frame = field_plot.field_data([(1.5, 2.0), (2.5, 3.0)], "user", selected_at=2.5)

    assert frame["selected"].tolist() == [False, True]
