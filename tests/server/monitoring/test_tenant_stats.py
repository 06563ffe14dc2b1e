"""What a tenant's admin may know of a node."""

from collections import Counter

from protocol.monitoring import LatencyPercentiles, NodeStats
from server.monitoring.counters import TenantCounts
from server.monitoring.tenant_stats import load_only, without_other_tenants

TOTAL = NodeStats(
    node="node-1",
    uptime_s=60.0,
    connections=10,
    signed_in=8,
    subscriptions=20,
    channels=5,
    messages_in=100,
    messages_out=200,
    publications=30,
    deliveries=90,
    refusals={"forbidden": 4, "rate_limited": 1},
    closes={"1000": 3, "4100": 2},
    evictions=2,
    loop_lag_ms=1.5,
    latency=LatencyPercentiles(1.0, 2.0, 3.0),
    connections_low=9,
    connections_high=11,
    connected=15,
    left=5,
    anonymous={"refused": 2},
    queue_limit_bytes=1024,
)
BOOKS = TenantCounts(
    connected=6,
    left=4,
    messages_in=40,
    messages_out=50,
    publications=10,
    deliveries=30,
    evictions=2,
    refusals=Counter({"forbidden": 3, "rate_limited": 1}),
    closes=Counter({"1000": 2, "4100": 2}),
)


def test_the_only_tenant_of_a_node_sees_all_of_it():
    counts = {"shop": TenantCounts(connected=3), "": TenantCounts(messages_in=9)}

    assert without_other_tenants(TOTAL, counts, "shop") == TOTAL


def test_a_tenant_sees_the_load_and_no_counts_of_others():
    seen = without_other_tenants(TOTAL, {"shop": TenantCounts(), "books": BOOKS}, "shop")

    assert (seen.connections, seen.signed_in, seen.connected, seen.left) == (8, 6, 9, 1)
    assert (seen.messages_in, seen.messages_out) == (60, 150)
    assert (seen.publications, seen.deliveries, seen.evictions) == (20, 60, 0)
    assert (seen.refusals, seen.closes) == ({"forbidden": 1}, {"1000": 1})
    assert (seen.connections_low, seen.connections_high) == (None, None)
    assert (seen.loop_lag_ms, seen.latency, seen.channels) == (1.5, TOTAL.latency, 5)


def test_a_node_whose_counts_of_a_tenant_are_not_known_shows_its_load():
    seen = load_only(TOTAL)

    assert (seen.node, seen.loop_lag_ms, seen.subscriptions) == ("node-1", 1.5, 20)
    assert (seen.connections, seen.messages_in, seen.closes) == (0, 0, {})
