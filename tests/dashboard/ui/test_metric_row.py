"""Sparklines of the key metrics."""

import re

import pytest
from msgspec import structs

from dashboard.state.live_state import LiveState
from dashboard.ui import metric_row
from dashboard.ui.metric_row import Metric
from protocol.monitoring import NodeStats, StatsPayload


def metric(*points, **more):
    return Metric("Connections", "", "27", points, **more)


def test_an_axis_begins_at_zero():
    assert metric_row.axis_ends(metric(27.0, 28.0)) == (0.0, 30.0)


def test_the_axis_of_a_total_has_its_ends_written_beside_it():
    total = metric(5_400_000.0, 5_500_000.0, is_total=True)

    assert metric_row.axis_ends(total) == (5_400_000.0, 5_500_000.0)
    assert "<span>5.5M</span><span>5.4M</span>" in metric_row.metric_html(total)


def test_a_sparkline_has_no_line_where_there_is_no_data():
    drawing = metric_row.sparkline_svg(metric(1.0, 2.0, None, None, 3.0, 4.0), 0.0, 4.0)

    assert re.findall(r'class="line" d="M([^"]*)"', drawing) == [
        "0.00 24.00L20.00 16.00",
        "80.00 8.00L100.00 0.00",
    ]


def test_a_sparkline_has_a_text_for_screen_readers():
    drawing = metric_row.sparkline_svg(metric(2.0, None, 28.0), 0.0, 30.0)

    assert "Connections in the last two minutes: from 2 to 28" in drawing


def test_values_from_messages_are_escaped():
    assert "<b>&lt;i&gt;</b>" in metric_row.metric_html(metric()._replace(value="<i>"))


@pytest.fixture
def node():
    def make(connections, low):
        node = NodeStats("a", 1.0, connections, 1, 1, 1, 1, 1, 1, 1, {}, {}, 0, 0.1, None)
        return StatsPayload((structs.replace(node, connections_low=low),))

    return make


def test_a_storm_of_one_second_is_seen_in_the_connections(shop, node):
    state = LiveState(shop.noon)
    for second in range(100):
        low = 2 if second == 60 else 27
        state.on_stats(node(27, low), shop.noon + second)
        state.on_traffic(shop.traffic(), shop.noon + second)

    found = metric_row.connections_metric(state.snapshot(shop.noon + 100))

    assert found.value == "27"
    assert found.caption == "low 2 at 22:14:20"
    assert min(low for low, _ in filter(None, found.band)) == 2.0
    assert 'class="band"' in metric_row.metric_html(found)


def test_a_number_of_connections_that_does_not_change_has_no_low(shop, node):
    state = LiveState(shop.noon)
    for second in range(200):
        state.on_stats(node(27, 27), shop.noon + second)
        state.on_traffic(shop.traffic(), shop.noon + second)

    found = metric_row.connections_metric(state.snapshot(shop.noon + 200))

    assert found.caption == "unchanged for over 2 min"


def test_more_connections_for_a_moment_are_a_range(shop, node):
    state = LiveState(shop.noon)
    for second in range(200):
        state.on_stats(node(28 if second == 150 else 27, 27), shop.noon + second)
        state.on_traffic(shop.traffic(), shop.noon + second)

    found = metric_row.connections_metric(state.snapshot(shop.noon + 200))

    assert found.caption == "27 to 28 in 2 min"
