"""``GET /metrics``: the server's figures in Prometheus' words.

Everything is read when it is asked for.  Only what each publication's type was is counted
here as it passes, once a publication however many it reached.
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
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from protocol.messages import Message, ServerMessage
from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.monitoring.counters import Counters
from server.monitoring.latency import LatencyHistogram

PREFIX = "shop_ws_"
OTHER = "other"  # the one label of all that could not be read or is not known
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics(Collector):
    """Gathers the figures of one server; ``waiting_bytes`` sums up its outboxes."""

    def __init__(
        self,
        node_stats: Callable[[], NodeStats],
        counters: Counters,
        latency: LatencyHistogram,
        queued_bytes: Callable[[], int],
    ) -> None:
        self._node_stats = node_stats
        self._counters = counters
        self._histogram = latency
        self._queued_bytes = queued_bytes
        self._delivered_by_type: Counter[str] = Counter()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Take note of a publication: see ``Hub.observers``."""
        if reached:
            self._delivered_by_type[publication.type] += reached

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Write all of it in the newest format that an Accept header asks for; and its type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def collect(self) -> Iterator[Metric]:
        """Read the figures as they are now."""
        node, counters = self._node_stats(), self._counters
        yield _gauge("connections", "Sockets that are open", node.connections)
        yield _gauge("connections_signed_in", "Sockets that speak for somebody", node.signed_in)
        yield _gauge("subscriptions", "Channels joined, summed over sockets", node.subscriptions)
        yield _gauge("channels", "Channels with listeners", node.channels)
        yield _gauge("outbox_bytes", "Bytes that clients have not taken", self._queued_bytes())
        yield _gauge(
            "event_loop_lag_seconds",
            "The longest the event loop was late in the last second",
            node.loop_lag_ms / 1000,
        )
        yield _counters("messages_received", "Messages from clients", "type", self._received())
        yield _counters("messages_sent", "Messages queued for sockets", "type", self._sent())
        yield _counter("publications", "Publications delivered", node.publications)
        yield _counter("deliveries", "Sockets they were queued for", node.deliveries)
        yield _counters("refusals", "Requests refused", "code", counters.refusals)
        yield _counters("closes", "Connections ended", "code", counters.closes)
        yield _counter("evictions", "Slow consumers hung up on", node.evictions)
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
            "From the acceptance of a publication to the write on its sockets",
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
