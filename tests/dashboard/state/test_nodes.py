"""The servers' own numbers."""

import pytest

from dashboard.state import nodes
from dashboard.state.nodes import NodeAggregator
from protocol.monitoring import NodeStats

NOON = 1_700_000_000.0


def told(node="node-1", uptime=10.0, received=0, refused=0, **more):
    fields = dict.fromkeys(
        ("connections", "signed_in", "subscriptions", "channels", "messages_out", "publications"), 0
    )
    fields |= {"deliveries": 0, "closes": {}, "evictions": 0, "loop_lag_ms": 0.0, "latency": None}
    fields |= {"messages_in": received, "refusals": {"forbidden": refused}} | more
    return NodeStats(node=node, uptime_s=uptime, **fields)


@pytest.fixture
def register():
    return NodeAggregator()


def flow(register, name):
    """What was counted in the three seconds after noon."""
    series = register.snapshot(NOON + 3).rates
    return [series.rows.get(int(NOON) + n, {}).get(name, 0.0) for n in (-1, 0, 1)]


def test_flows_are_what_came_since_the_report_before(register):
    for second, (received, refused) in enumerate([(100, 9), (103, 9), (110, 11)]):
        register.update([told(received=received, refused=refused)], NOON + second)

    assert sum(flow(register, nodes.RECEIVED)) == pytest.approx(10)
    assert sum(flow(register, nodes.REFUSED)) == pytest.approx(2)


def test_a_node_that_started_anew_counts_from_nothing(register):
    register.update([told(received=100, uptime=50)], NOON)
    register.update([told(received=4, uptime=1)], NOON + 1)

    assert sum(flow(register, nodes.RECEIVED)) == pytest.approx(4)


def test_the_past_of_a_node_that_joins_is_not_of_this_second(register):
    register.update([told()], NOON)
    register.update([told(), told("node-2", received=5_000)], NOON + 1)

    assert sum(flow(register, nodes.RECEIVED)) == 0


def test_a_node_that_leaves_takes_nothing_away(register):
    register.update([told(received=5), told("node-2", received=5_000)], NOON)
    register.update([told(received=6)], NOON + 1)

    assert sum(flow(register, nodes.RECEIVED)) == pytest.approx(1)


def test_all_nodes_are_summed_but_of_the_lag_the_worst_is_told(register):
    register.update(
        [
            told("b", subscriptions=3, evictions=1, loop_lag_ms=0.5),
            told("a", subscriptions=4, evictions=1, loop_lag_ms=7.5),
        ],
        NOON,
    )

    now = register.snapshot(NOON + 5)

    assert [node.node for node in now.stats] == ["a", "b"]
    assert (now.subscriptions, now.evictions, now.lag_ms) == (7, 2, 7.5)
    assert [trend[-1] for trend in now.trends] == [7, 2, 7.5]


def test_before_the_first_report_there_are_none(register):
    now = register.snapshot(NOON)

    assert (now.stats, now.subscriptions, now.lag_ms) == ((), 0, 0.0)
    assert len(now.trends) == len(nodes.GAUGE_NAMES)
