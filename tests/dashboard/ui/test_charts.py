"""Axes, annotations and zoom of the charts."""

import pandas as pd
import pytest

from dashboard.state.time_series import TimeSpan
from dashboard.ui import charts
from dashboard.ui.charts import TimeMark

END = 1000.0


@pytest.fixture
def data():
    return pd.DataFrame({"t": [-2.0, -1.0], "user": [3.0, 4.0], "time": ["14:03:11", "14:03:12"]})


@pytest.mark.parametrize(
    ("most", "ceiling"),
    [(0, 1), (1, 1.5), (9.9, 10), (10, 15), (64, 80), (79.9, 80), (999, 1000)],
)
def test_a_scale_ends_at_the_next_round_number(most, ceiling):
    assert charts.round_up_nicely(most) == ceiling


@pytest.mark.parametrize(
    ("length", "ticks"),
    [
        (120, [-90, -60, -30, 0]),
        (300, [-240, -180, -120, -60, 0]),
        (1800, list(range(-1500, 1, 300))),
    ],
)
def test_an_axis_counts_back_from_now(length, ticks):
    axis = charts.time_axis(length)

    assert (axis["axis"]["values"], axis["scale"]["domain"]) == (ticks, [-length, 0])


def test_the_axis_of_a_zoomed_chart_has_times_of_day():
    axis = charts.time_axis(20, zoomed_to=1_000_003)["axis"]

    assert [second + 1_000_003 for second in axis["values"]] == [
        999_985,
        999_990,
        999_995,
        1_000_000,
    ]
    assert "%H:%M:%S" in axis["labelExpr"]


def test_annotations_are_rows_beside_the_data(data):
    frame = charts.with_marks(data, [TimeMark("scenario", "Flash sale", 910.0, 960.0)], END, 120)

    assert frame["mark"].tolist() == ["", "", "scenario"]
    last = frame.iloc[-1]
    assert (last["t"], last["until"], last["label"]) == (-90.0, -40.0, "Flash sale")
    assert (last["begins"], last["ends"], last["time"]) == (True, True, "")


def test_an_annotation_that_began_before_the_chart_is_clipped_to_it(data):
    frame = charts.with_marks(data, [TimeMark("pause", "shop paused", 700.0, None)], END, 120)

    last = frame.iloc[-1]
    assert (last["t"], last["until"]) == (-120.0, 0.0)
    assert not last["begins"]
    assert not last["ends"]


def test_annotations_outside_of_the_chart_are_left_out(data):
    marks = [TimeMark("gap", "", 700.0, 800.0), TimeMark("gap", "", 1001.0, None)]

    frame = charts.with_marks(data, marks, END, 120)

    assert frame["mark"].tolist() == ["", ""]
    assert {"until", "label", "line"} <= set(frame.columns)


def test_a_drag_selects_a_span():
    shown = TimeSpan(881, 1000)

    assert charts.zoomed_span({"zoom": {"t": [-59.6, -30.2]}}, shown) == TimeSpan(940, 970)
    assert charts.zoomed_span({"zoom": {"t": [-30.0, -500.0]}}, shown) == TimeSpan(881, 970)
    assert charts.zoomed_span({"zoom": {"t": [-3.0, -3.0]}}, shown).length == charts.MIN_ZOOM_S
    assert charts.zoomed_span({"zoom": {}}, shown) is None
