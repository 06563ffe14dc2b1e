"""Prometheus metrics of the workbench: ``GET /metrics``.

In Prometheus' text format, with the memory of the process; on loopback, like the pages.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.dependencies import feed
from protocol.channels import ChannelKind

BUCKETS_S = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0)

registry = CollectorRegistry()
ProcessCollector(registry=registry)
_tick_seconds = Histogram(
    "workbench_tick_seconds",
    "Time to draw a page, by page",
    ["page"],
    buckets=BUCKETS_S,
    registry=registry,
)


class _FeedMetrics(Collector):
    """What the feed has received, read at each scrape."""

    def describe(self) -> Iterator[Metric]:
        """Name no metric in advance: the registry would read the feed for it."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Return the metrics with their current values."""
        now = feed().snapshot()
        by_kind = now.recent_traffic.messages  # goes on after a reset of the shop
        yield CounterMetricFamily(
            "workbench_monitor_messages",
            "Messages counted by the monitor, without its own reports",
            sum(count for kind, count in by_kind.items() if kind != ChannelKind.MONITOR),
        )
        yield GaugeMetricFamily(
            "workbench_messages_kept", "Messages in the history now", now.log.count
        )


registry.register(_FeedMetrics())


@contextmanager
def measure_tick(page: str) -> Iterator[None]:
    """Measure one redraw of a page, also if a rerun ends it early."""
    started = time.perf_counter()
    try:
        yield
    finally:
        _tick_seconds.labels(page).observe(time.perf_counter() - started)


def serve_metrics(_: Request) -> Response:
    """Respond to a scrape."""
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


METRICS_ROUTE = Route("/metrics", serve_metrics)
