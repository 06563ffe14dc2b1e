"""Statistics of the server nodes, per node and summed over time.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from dashboard.state.time_series import PerSecondCounters, PerSecondGauges, Series
from protocol.monitoring import NodeStats

REFUSED, RECEIVED = "refused", "received"
GAUGE_NAMES = ("subscriptions", "evictions", "lag")
DEFAULT_QUEUE_LIMIT_BYTES = 1 << 20  # of a node that does not report it


class ClusterStats(Struct, frozen=True):
    """The nodes' statistics at one time; ``rates`` has REFUSED and RECEIVED by second.

    ``evictions`` are the slow clients disconnected since ``evictions_since``, or since the nodes
    started.
    ``trends`` are the sparklines of GAUGE_NAMES, in that order: sums over the nodes, but for the
    event loop lag (ms) the highest value.
    """

    stats: tuple[NodeStats, ...] = ()
    rates: Series = Series({}, 0)
    trends: tuple[list[float], ...] = ()
    evictions: int = 0
    evictions_since: float = 0.0

    @property
    def subscriptions(self) -> int:
        """The channel subscriptions on all nodes."""
        return sum(node.subscriptions for node in self.stats)

    def evictions_counted_from(self, now: float) -> float:
        """When the count of evictions began."""
        return max(self.evictions_since, self.started_at(now))

    def started_at(self, now: float) -> float:
        """When the oldest node started, which the totals since the start are counted from."""
        return now - max((node.uptime_s for node in self.stats), default=0.0)

    @property
    def lag_ms(self) -> float:
        """The highest event loop delay in the last second."""
        return max((node.loop_lag_ms for node in self.stats), default=0.0)

    @property
    def queue_limit_bytes(self) -> int:
        """The limit of a client's send queue: the lowest one, if the nodes' settings differ."""
        limits = [node.queue_limit_bytes for node in self.stats if node.queue_limit_bytes]
        return min(limits, default=DEFAULT_QUEUE_LIMIT_BYTES)

    @property
    def anonymous(self) -> Counter[str]:
        """The connections that ended without signing in, since the nodes started, by event."""
        return sum((Counter(node.anonymous) for node in self.stats), Counter[str]())


class NodeAggregator:
    """Aggregates node statistics; a counter that decreases means the node restarted."""

    def __init__(self) -> None:
        self._stats: tuple[NodeStats, ...] = ()
        self._earlier_evictions: dict[str, int] = {}
        self._evictions_since = 0.0
        self._counters, self._gauges = PerSecondCounters(), PerSecondGauges()

    def count_evictions_from(self, at: float) -> None:
        """Count evictions from now on only."""
        self._earlier_evictions = {node.node: node.evictions for node in self._stats}
        self._evictions_since = at
        self._gauges = PerSecondGauges()

    def _evictions(self) -> int:
        counts = [
            (node.evictions, self._earlier_evictions.get(node.node, 0)) for node in self._stats
        ]
        # A node that has counted fewer has restarted since.
        return sum(now - earlier if now >= earlier else now for now, earlier in counts)

    def update(self, stats: Iterable[NodeStats], at: float) -> None:
        """Apply the nodes' statistics, which arrive every second."""
        before = {node.node: node for node in self._stats}
        self._stats = tuple(sorted(stats, key=lambda node: node.node))
        now = ClusterStats(self._stats)
        if before:
            deltas = [_counter_deltas(before.get(node.node), node) for node in self._stats]
            refused, received = (float(sum(each)) for each in zip((0, 0), *deltas, strict=True))
            self._counters.add(at, {REFUSED: refused, RECEIVED: received}, duration_s=1.0)
        self._gauges.set(at, now.subscriptions, self._evictions(), now.lag_ms)

    def snapshot(self, at: float) -> ClusterStats:
        """Return the statistics now."""
        rates = self._counters.series(at)
        trends = self._gauges.sparklines(rates.end, names=len(GAUGE_NAMES))
        return ClusterStats(self._stats, rates, trends, self._evictions(), self._evictions_since)


def _counter_deltas(before: NodeStats | None, now: NodeStats) -> tuple[int, int]:
    """Return the requests refused and the messages received since the previous report."""
    refused, received = sum(now.refusals.values()), now.messages_in
    if before is None:
        return 0, 0  # its totals are from before this second
    if now.uptime_s < before.uptime_s:
        return refused, received
    return refused - sum(before.refusals.values()), received - before.messages_in
