"""Publishes a node's reports to monitor channels, and collects its statistics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.cluster.cluster import Cluster
from server.monitoring.connection_log import ConnectionLog
from server.monitoring.connection_monitor import ConnectionMonitor
from server.monitoring.counters import Counters
from server.monitoring.latency import LatencyHistogram
from server.monitoring.tenant_stats import without_other_tenants
from server.monitoring.traffic_sampler import TrafficSampler
from server.pubsub.brokers.base import Broker, BrokerUnavailable
from server.pubsub.hub import Hub

TRAFFIC_INTERVAL_S = 0.25
REPORTS_PER_STATS = 4  # traffic reports


class MonitorReporter:
    """Reports to the monitor channels of tenants; ``clock`` is in seconds since the epoch.

    ``when_written`` calls back once what was delivered so far is written to the sockets.
    ``queue_limit_bytes`` is the limit of a client's send queue.
    """

    def __init__(
        self,
        cluster: Cluster,
        hub: Hub,
        broker: Broker,
        counters: Counters,
        clock: Callable[[], float],
        when_written: Callable[[Callable[[], None]], None],
        queue_limit_bytes: int,
    ) -> None:
        self._when_written = when_written
        self._queue_limit_bytes = queue_limit_bytes
        self._cluster = cluster
        self._hub = hub
        self._broker = broker
        self._counters = counters
        self._clock = clock
        self._started_at = clock()
        self._sampler = TrafficSampler()
        self._connection_log = ConnectionLog()
        self.connection_monitor = ConnectionMonitor(
            cluster.name, self._connection_log, counters, clock
        )
        self._traffic_source = cluster.traffic_source(
            hub, broker, self._sampler, self._connection_log
        )
        self.latency = LatencyHistogram(clock())
        self._lag_s = 0.0
        self._polls = 0
        self._unpublished: list[Publication] = []

    async def run(self) -> None:
        """Report several times per second, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TRAFFIC_INTERVAL_S
            await asyncio.sleep(TRAFFIC_INTERVAL_S)
            self._lag_s = max(self._lag_s, loop.time() - due)
            await self.report()

    async def report(self) -> None:
        """Publish what happened since the last report, or that one again if it was not accepted."""
        now = self._clock()
        self._polls += 1
        self._sampler.set_watched_tenants(await self._traffic_source.poll(now), now)
        if not self._unpublished:
            self._unpublished = self._sampler.traffic_reports(
                now, partial(self._traffic_source.subscribers, now=now)
            )
            if self._polls % REPORTS_PER_STATS == 0:
                self._unpublished += self._stats_reports(now)
        try:
            await self._broker.publish(self._unpublished)
        except BrokerUnavailable:
            return  # /readyz shows why
        self._unpublished = []

    def _stats_reports(self, now: float) -> list[Publication]:
        self.connection_monitor.start_interval()
        new_watchers = self._traffic_source.take_new_watchers()
        reports = self._sampler.stats_reports(
            now,
            self._cluster.nodes,
            lambda tenant: self._connection_log.take_report(
                tenant, is_full_log=tenant in new_watchers
            ),
        )
        self._connection_log.drop_expired(now)
        self._lag_s = 0.0
        return reports

    def node_stats(self) -> NodeStats:
        """Return the statistics of this node."""
        counters, monitor, now = self._counters, self.connection_monitor, self._clock()
        low, high = monitor.low_and_high
        return NodeStats(
            node=self._cluster.name,
            uptime_s=round(now - self._started_at, 1),
            connections=len(self._hub.connections),
            signed_in=self._cluster.connection_limiter.in_use,
            subscriptions=self._hub.subscription_count,
            channels=self._hub.channel_count,
            messages_in=counters.messages_in,
            messages_out=counters.messages_out,
            publications=counters.publications,
            deliveries=counters.deliveries,
            refusals=dict(counters.refusals),
            closes=dict(counters.closes),
            evictions=counters.evictions,
            loop_lag_ms=round(1000 * self._lag_s, 2),
            latency=self.latency.percentiles(now),
            connections_low=low,
            connections_high=high,
            connected=monitor.connected,
            left=monitor.left,
            anonymous=dict(monitor.anonymous),
            queue_limit_bytes=self._queue_limit_bytes,
        )

    def tenant_stats(self, tenant_id: str) -> NodeStats:
        """Return the statistics of this node without what belongs to other tenants."""
        return without_other_tenants(self.node_stats(), self._counters.by_tenant, tenant_id)

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Record a publication and the number of connections it was queued for."""
        self._counters.on_delivered(publication, reached)
        self._traffic_source.on_delivered(publication, reached)
        if reached:
            self._when_written(partial(self._on_written, publication.accepted_at, reached))

    def _on_written(self, accepted_at: float, reached: int) -> None:
        now = self._clock()
        self.latency.observe(now - accepted_at, reached, now)
