"""The server's own figures: gathers them, and sends what the monitor's listeners are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from protocol.channels import Channel, Kind
from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.brokers.base import Broker, BrokerUnavailable
from server.counters import Counters
from server.hub import Hub
from server.latency import Latencies
from server.monitor import Monitor
from server.nodes.peers import Peers

TRAFFIC_EVERY_S = 0.25
STATS_EVERY = 4  # traffic reports


class Reporter:
    """Reports to whoever watches; ``clock`` is in seconds since the epoch."""

    def __init__(
        self,
        peers: Peers,
        hub: Hub,
        broker: Broker,
        counters: Counters,
        clock: Callable[[], float],
    ) -> None:
        self._peers = peers
        self._hub = hub
        self._broker = broker
        self._counters = counters
        self._clock = clock
        self._started_at = clock()
        self._watch = peers.watch(hub, broker, self)
        self._monitor = Monitor(self._watch.is_told)
        self.latencies = Latencies(clock())
        self._unflushed: list[tuple[float, int]] = []
        self._lag_s = 0.0
        hub.observers.append(self._delivered)

    def flushed(self) -> None:
        """Take the time: what was delivered since the last flush is now on its sockets."""
        if self._unflushed:
            now = self._clock()
            for accepted_at, reached in self._unflushed:
                self.latencies.observe(now - accepted_at, reached, now)
            self._unflushed.clear()

    async def run(self) -> None:
        """Report several times a second, for ever."""
        loop = asyncio.get_running_loop()
        turn = 0
        while True:
            due = loop.time() + TRAFFIC_EVERY_S
            await asyncio.sleep(TRAFFIC_EVERY_S)
            self._lag_s = max(self._lag_s, loop.time() - due)
            turn += 1
            now = self._clock()
            self._monitor.watch(await self._watch.turn(now), now)
            reports = self._monitor.traffic(now, partial(self._subscribers, now))
            if turn % STATS_EVERY == 0:
                reports += self._monitor.stats(now, self._peers.nodes())
                self._lag_s = 0.0
            try:
                await self._broker.publish(reports)
            except BrokerUnavailable:
                continue  # whoever watches sees that nothing comes; /readyz says why

    def saw(self, publication: Publication, reached: int) -> None:
        """Count a publication."""
        self._monitor.saw(publication, reached, self._clock())

    def saw_late(self, publication: Publication, reached: int) -> None:
        """Count more sockets that a publication reached which has been counted."""
        self._monitor.saw_late(publication, reached)

    def subscribers_here(self, tenant: str, channel: str) -> int:
        """Count who hears a channel on this node, as far as it is the tenant's business."""
        kind, _, key = channel.partition(":")
        if not key:
            return len(self._hub.connections)
        listeners = self._hub.listeners(Channel(Kind(kind), key))
        if kind == Kind.USER:  # whether other tenants' customers are there is not for this one
            return sum(listener.tenant_id == tenant for listener in listeners)
        return len(listeners)

    def node(self) -> NodeStats:
        """Describe this node as it is now."""
        counters, now = self._counters, self._clock()
        return NodeStats(
            node=self._peers.name,
            uptime_s=round(now - self._started_at, 1),
            connections=len(self._hub.connections),
            signed_in=self._peers.places.taken,
            subscriptions=self._hub.subscriptions,
            channels=self._hub.channels,
            messages_in=counters.messages_in,
            messages_out=counters.messages_out,
            publications=counters.publications,
            deliveries=counters.deliveries,
            refusals=dict(counters.refusals),
            closes=dict(counters.closes),
            evictions=counters.evictions,
            loop_lag_ms=round(1000 * self._lag_s, 2),
            latency=self.latencies.percentiles(now),
        )

    def _delivered(self, publication: Publication, reached: int) -> None:
        self._watch.delivered(publication, reached)
        if reached:
            self._unflushed.append((publication.accepted_at, reached))

    def _subscribers(self, now: float, tenant: str, channel: str) -> int:
        return self._watch.subscribers(tenant, channel, now)
