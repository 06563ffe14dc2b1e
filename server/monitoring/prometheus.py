"""``GET /metrics``: the server's metrics for Prometheus.

Metrics are computed at scrape time.  Only deliveries by type are counted here as they
happen, once per publication however many connections it reached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from protocol.messages import Message, ServerMessage
from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.monitoring.counters import Counters
from server.monitoring.latency import LatencyHistogram

PREFIX = "shop_ws_"
OTHER = "other"  # the label of messages that are invalid or of an unknown type
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics(Collector):
    """Collects the metrics of a node.

    ``queued_bytes`` sums up its send queues, ``task_failures`` counts exceptions by task.
    """

    def __init__(
        self,
        node_stats: Callable[[], NodeStats],
        counters: Counters,
        latency: LatencyHistogram,
        queued_bytes: Callable[[], int],
        task_failures: Mapping[str, int],
    ) -> None:
        self._task_failures = task_failures
        self._node_stats = node_stats
        self._counters = counters
        self._histogram = latency
        self._queued_bytes = queued_bytes
        self._delivered_by_type: Counter[str] = Counter()
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Count a publication: see ``Hub.observers``."""
        if reached:
            self._delivered_by_type[publication.type] += reached

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics as they are now."""
        node, counters = self._node_stats(), self._counters
        yield _gauge("connections", "Open connections", node.connections)
        yield _gauge("connections_signed_in", "Connections that are signed in", node.signed_in)
        yield _gauge("subscriptions", "Subscriptions of all connections", node.subscriptions)
        yield _gauge("channels", "Channels with subscribers", node.channels)
        yield _gauge("outbox_bytes", "Bytes in all send queues", self._queued_bytes())
        yield _gauge(
            "event_loop_lag_seconds",
            "Longest delay of the event loop in the last second",
            node.loop_lag_ms / 1000,
        )
        yield _counters("messages_received", "Messages from clients", "type", self._received())
        yield _counters("messages_sent", "Messages queued for clients", "type", self._sent())
        yield _counter("publications", "Publications delivered", node.publications)
        yield _counter(
            "deliveries", "Connections that publications were queued for", node.deliveries
        )
        yield _counters("refusals", "Requests rejected", "code", counters.refusals)
        yield _counters("closes", "Closed connections", "code", counters.closes)
        yield _counter("evictions", "Slow consumers disconnected", node.evictions)
        yield _counters(
            "task_failures", "Exceptions that ended a background task", "task", self._task_failures
        )
        yield _counters(
            "auth_failures",
            "Invalid tokens and rejected origins: websocket, or an HTTP status",
            "reason",
            counters.auth_failures,
        )
        yield _counters(
            "unreadable_messages", "Messages of Redis skipped", "source", counters.unreadable
        )
        yield self._latency_metric()

    def _received(self) -> Mapping[str, int]:
        received = _by_type_name(self._counters.received)
        received[OTHER] = self._counters.messages_in - received.total()
        return received

    def _sent(self) -> Mapping[str, int]:
        sent = _by_type_name(self._counters.replies)
        for type_, number in (self._delivered_by_type + self._counters.replays).items():
            sent[type_ if type_ in _KNOWN_TYPES else OTHER] += number
        return sent

    def _latency_metric(self) -> Metric:
        within = [(str(edge), self._histogram.count_within(edge)) for edge in LATENCY_BUCKETS_S]
        return HistogramMetricFamily(
            f"{PREFIX}delivery_latency_seconds",
            "Time from accepting a publication to writing it to its connections",
            buckets=[*within, ("+Inf", self._histogram.count_within(float("inf")))],
            sum_value=self._histogram.total_s,
        )


def _type_name(kind: type[Message]) -> str:
    return str(kind.__struct_config__.tag)


_KNOWN_TYPES = frozenset(map(_type_name, get_args(ServerMessage)))


def _by_type_name(counted: Mapping[type[Message], int]) -> Counter[str]:
    return Counter({_type_name(kind): number for kind, number in counted.items()})


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, what, value)


def _counter(name: str, what: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, what, value)


def _counters(name: str, what: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, what, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family
