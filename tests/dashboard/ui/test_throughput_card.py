"""The data of the throughput chart."""

import pytest

from dashboard.state.live_state import LiveState
from dashboard.state.time_series import MAX_POINTS, WINDOW_S, TimeSpan
from dashboard.ui import throughput_card


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
