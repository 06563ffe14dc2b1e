"""Statistics of the server nodes."""

import pytest

from dashboard.state import nodes
from dashboard.state.nodes import NodeAggregator
from protocol.monitoring import NodeStats

NOON = 1_700_000_000.0


def stats_of(node="node-1", uptime=10.0, received=0, refused=0, **more):
    fields = dict.fromkeys(
        ("connections", "signed_in", "subscriptions", "channels", "messages_out", "publications"), 0
    )
    fields |= {"deliveries": 0, "closes": {}, "evictions": 0, "loop_lag_ms": 0.0, "latency": None}
    fields |= {"messages_in": received, "refusals": {"forbidden": refused}} | more
    return NodeStats(node=node, uptime_s=uptime, **fields)


@pytest.fixture
def aggregator():
    return NodeAggregator()


def rates_around_noon(aggregator, name):
    """The rates of the second before noon and of the two after it."""
    series = aggregator.snapshot(NOON + 3).rates
    return [series.rows.get(int(NOON) + n, {}).get(name, 0.0) for n in (-1, 0, 1)]


def test_rates_are_the_differences_between_reports(aggregator):
    for second, (received, refused) in enumerate([(100, 9), (103, 9), (110, 11)]):
        aggregator.update([stats_of(received=received, refused=refused)], NOON + second)

    assert sum(rates_around_noon(aggregator, nodes.RECEIVED)) == pytest.approx(10)
    assert sum(rates_around_noon(aggregator, nodes.REFUSED)) == pytest.approx(2)


def test_a_restarted_node_counts_from_zero(aggregator):
    aggregator.update([stats_of(received=100, uptime=50)], NOON)
    aggregator.update([stats_of(received=4, uptime=1)], NOON + 1)

    assert sum(rates_around_noon(aggregator, nodes.RECEIVED)) == pytest.approx(4)


def test_totals_of_a_node_that_joins_are_not_counted(aggregator):
    aggregator.update([stats_of()], NOON)
    aggregator.update([stats_of(), stats_of("node-2", received=5_000)], NOON + 1)

    assert sum(rates_around_noon(aggregator, nodes.RECEIVED)) == 0


def test_a_node_that_leaves_does_not_change_the_rates(aggregator):
    aggregator.update([stats_of(received=5), stats_of("node-2", received=5_000)], NOON)
    aggregator.update([stats_of(received=6)], NOON + 1)

    assert sum(rates_around_noon(aggregator, nodes.RECEIVED)) == pytest.approx(1)


def test_nodes_are_summed_but_for_the_lag_the_highest_counts(aggregator):
    aggregator.update(
        [
            stats_of("b", subscriptions=3, evictions=1, loop_lag_ms=0.5),
            stats_of("a", subscriptions=4, evictions=1, loop_lag_ms=7.5),
        ],
        NOON,
    )

    now = aggregator.snapshot(NOON + 5)

    assert [node.node for node in now.stats] == ["a", "b"]
    assert (now.subscriptions, now.evictions, now.lag_ms) == (7, 2, 7.5)
    assert [trend[-1] for trend in now.trends] == [7, 2, 7.5]


def test_there_are_no_nodes_before_the_first_report(aggregator):
    now = aggregator.snapshot(NOON)

    assert (now.stats, now.subscriptions, now.lag_ms) == ((), 0, 0.0)
    assert len(now.trends) == len(nodes.GAUGE_NAMES)


def test_evictions_are_counted_from_a_reset_also_of_a_node_that_restarts(aggregator):
    aggregator.update([stats_of(evictions=5), stats_of("node-2", evictions=2)], NOON)
    aggregator.count_evictions_from(NOON)
    assert aggregator.snapshot(NOON).evictions == 0

    aggregator.update([stats_of(evictions=6), stats_of("node-2", evictions=1)], NOON + 1)
    assert aggregator.snapshot(NOON + 1).evictions == 2
    assert aggregator.snapshot(NOON + 1).evictions_counted_from(NOON + 1) == NOON
