"""Data of the Explorer's field plot."""

from dashboard.views.explorer import field_plot


def test_times_are_milliseconds_as_vega_expects():
    frame = field_plot.field_data([(1.5, 2.0)], "user")

    assert frame.to_dict("records") == [{"at": 1500.0, "value": 2.0, "kind": "user"}]
