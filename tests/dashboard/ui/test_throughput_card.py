"""The data of the throughput chart."""

import pytest

from dashboard.state.live_state import LiveState
from dashboard.state.time_series import MAX_POINTS, WINDOW_S, TimeSpan
from dashboard.ui import chart_window, throughput_card


@pytest.fixture
def state(shop):
    """Ten minutes of reports, one a second, without those from 500 to 510 s."""
    state = LiveState(shop.noon)
    for second in range(1, 601):
        if not 500 < second <= 510:
            state.on_traffic(shop.traffic(kinds={"user": 2}), shop.noon + second)
    return state


@pytest.fixture
def data(state, shop):
    """The chart's data of the last so many seconds."""

    def make(length):
        snapshot = state.snapshot(shop.noon + 600)
        end = snapshot.series.end
        return throughput_card.throughput_data(
            snapshot, TimeSpan(end - length + 1, end), lambda at: f"{at - shop.noon:.0f}"
        )

    return make


def test_an_outage_is_a_gap_and_no_zero(data):
    frame = data(WINDOW_S)
    points = frame[frame["mark"] == ""]

    assert set(points["user"]) == {2.0}
    assert len(points) == WINDOW_S - 10
    assert sorted(points.loc[points["part"].diff() > 0, "time"]) == ["510"]
    (gap,) = frame[frame["mark"] == "gap"].itertuples()
    assert (gap.label, gap.until - gap.t) == ("no data: 10 s", 10.0)


def test_the_time_before_the_start_has_no_points(data):
    frame = data(1800)
    points = frame[frame["mark"] == ""]

    assert points["t"].min() > -600.0
    assert len(frame) <= MAX_POINTS + 1
    assert points["user"].tolist() == pytest.approx([2.0] * len(points))


def test_every_point_has_its_time(data):
    points = data(WINDOW_S)

    assert points["time"].iloc[0] == "480"


def test_the_axis_ends_above_the_highest_point(data):
    assert set(data(WINDOW_S)["ceiling"]) == {3.0}


@pytest.fixture
def stalling(shop):
    """Half an hour of reports, one a second, without 4 s in each minute and one long outage."""
    state = LiveState(shop.noon)
    for second in range(1, 1801):
        if second % 60 >= 4 and not 900 < second <= 960:
            state.on_traffic(shop.traffic(kinds={"user": 2}), shop.noon + second)
    return state.snapshot(shop.noon + 1800)


def test_short_gaps_cut_no_holes_into_half_an_hour(stalling, shop):
    span = TimeSpan(stalling.series.end - 1799, stalling.series.end)
    frame = throughput_card.throughput_data(stalling, span, str)

    points = frame[frame["mark"] == ""]
    assert points["part"].nunique() <= 3  # the time before the first report, and the outage
    assert points["user"].to_list() == pytest.approx([2.0] * len(points), rel=0.2)
    assert frame[frame["mark"] == "gap"]["label"].to_list() == ["no data: 64 s"]


def test_only_the_longest_gaps_have_a_label(shop):
    state = LiveState(shop.noon)
    for second in range(1, 121):
        if second % 20 > 5:
            state.on_traffic(shop.traffic(kinds={"user": 2}), shop.noon + second)
    now = state.snapshot(shop.noon + 120)

    marks = chart_window.time_marks(now, now.at, WINDOW_S)

    assert len(marks) > 3
    assert sum(bool(mark.label) for mark in marks) == chart_window.MAX_GAP_LABELS
