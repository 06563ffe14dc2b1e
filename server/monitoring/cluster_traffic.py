"""Which node tells those who watch a tenant's traffic, and what it knows of the others'.

One node speaks for all, the one that has been there longest: what is published is told once,
whoever published it, and a monitor channel has one history.  That node taps everything that
is published for the tenants that are watched anywhere; all nodes tell it whom they reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from protocol.channels import Channel, ChannelKind
from protocol.publications import EVERYONE, Publication
from server.cluster.bus_messages import ChannelReach, DeliveryReport
from server.cluster.node_registry import NodeRegistry
from server.monitoring.delivery_counts import DeliveryAggregator
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub

SUBSCRIBER_COUNT_TTL_S = 2.0  # for which a number of subscribers stands that a node has told


class TrafficSink(Protocol):
    """Whoever tells: is handed what this node is to tell."""

    def record(self, publication: Publication, reached: int) -> None:
        """Count a publication."""

    def record_late_deliveries(self, publication: Publication, reached: int) -> None:
        """Count more sockets that a publication reached which has been counted."""

    def local_subscribers(self, tenant: str, channel: str) -> int:
        """Count who hears a channel on this node, as far as it is the tenant's business."""
        ...


class TrafficSource(Protocol):
    """One node's part in what those who watch are told."""

    def is_reported(self, tenant: str) -> bool:
        """Tell whether this node tells of a tenant's traffic."""
        ...

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Take note that a publication was delivered here: see ``Hub.observers``."""

    async def poll(self, now: float) -> set[str]:
        """Do what is due several times a second; returns the tenants that are told of here."""
        ...

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count who hears a channel, here and elsewhere."""
        ...


class LocalTraffic:
    """The watch of a server that is alone: tells at once."""

    def __init__(self, hub: Hub, sink: TrafficSink) -> None:
        self._hub = hub
        self._sink = sink

    def is_reported(self, tenant: str) -> bool:
        """Tell whether anybody watches the tenant."""
        return bool(self._hub.subscribers(Channel(ChannelKind.MONITOR, tenant)))

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Count it."""
        self._sink.record(publication, reached)

    async def poll(self, now: float) -> set[str]:
        """Return whom anybody watches."""
        del now
        return self._hub.channel_keys(ChannelKind.MONITOR)

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count who hears a channel."""
        del now
        return self._sink.local_subscribers(tenant, channel)


class LeaderStatus(Protocol):
    """A node's standing among the others."""

    @property
    def is_leader(self) -> bool:
        """Tell whether it has been there longest, and knows that."""
        ...

    def announce_watched(self, tenants: frozenset[str]) -> None:
        """Tell the others at once whom anybody watches on this node."""

    def report_deliveries(self, report: DeliveryReport) -> None:
        """Tell the others whom publications reached on this node."""


class ClusterTraffic:
    """The watch of one server in a cluster; ``clock`` is in seconds."""

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        sink: TrafficSink,
        registry: NodeRegistry,
        leader_status: LeaderStatus,
        clock: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._broker = broker
        self._sink = sink
        self._registry = registry
        self._leader_status = leader_status
        self._clock = clock
        self._watched_locally: frozenset[str] = frozenset()
        self._watched: set[str] = set()
        self._reported_tenants: set[str] = set()
        self._deliveries = DeliveryAggregator()
        self._unsent_counts: dict[str, dict[str, list[tuple[int, int]]]] = {}
        self._remote_subscribers: dict[tuple[str, str], dict[str, tuple[int, float]]] = {}

    def is_reported(self, tenant: str) -> bool:
        """Tell whether this node speaks for all about a tenant."""
        return tenant in self._reported_tenants

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Keep whom it reached until the next turn, if anybody watches its tenant anywhere."""
        if publication.tenant in self._watched and publication.position is not None:
            channels = self._unsent_counts.setdefault(publication.tenant, {})
            reaches = channels.setdefault(str(publication.to), [])
            reaches.append((publication.position.offset, reached))

    def on_tap(self, publications: Sequence[Publication]) -> None:
        """Take what was published, by whomever."""
        now = self._clock()
        for publication in publications:
            self._deliveries.on_published(publication, now)

    def on_delivery_report(self, node: str, report: DeliveryReport) -> None:
        """Take whom publications reached on another node."""
        if not self._reported_tenants:
            return
        now = self._clock()
        for address, reaches in report.channels.items():
            counts = self._remote_subscribers.setdefault((report.tenant, address), {})
            counts[node] = reaches.subscribers, now
            for offset, number in reaches.reached:
                self._deliveries.on_delivered(address, offset, number, now)

    async def poll(self, now: float) -> set[str]:
        """Tell what was reached, or hand on what all have reached."""
        watched_here = frozenset(self._hub.channel_keys(ChannelKind.MONITOR))
        if watched_here != self._watched_locally:
            self._watched_locally = watched_here
            self._leader_status.announce_watched(watched_here)
        elsewhere = (peer.watched_tenants for peer in self._registry.peers.values())
        self._watched = set(watched_here).union(*elsewhere)
        reported = self._watched if self._leader_status.is_leader else set()
        if reported != self._reported_tenants:
            await self._broker.set_tapped_tenants(reported)
            if not reported:
                self._deliveries.clear()
                self._remote_subscribers.clear()
            self._reported_tenants = set(reported)
        self._send_counts(now)
        due, late = self._deliveries.take_due(now)
        for publication, number in due:
            self._sink.record(publication, number)
        for publication, number in late:
            self._sink.record_late_deliveries(publication, number)
        return self._reported_tenants

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count who hears a channel, here and on the nodes that delivered it just now."""
        local = self._sink.local_subscribers(tenant, channel)
        if channel == str(EVERYONE):
            return local + sum(peer.stats.connections for peer in self._registry.peers.values())
        counts = self._remote_subscribers.get((tenant, channel), {})
        return local + sum(
            number for number, at in counts.values() if now - at < SUBSCRIBER_COUNT_TTL_S
        )

    def _send_counts(self, now: float) -> None:
        reached, self._unsent_counts = self._unsent_counts, {}
        for tenant, channels in reached.items():
            if tenant in self._reported_tenants:
                for address, reaches in channels.items():
                    for offset, number in reaches:
                        self._deliveries.on_delivered(address, offset, number, now)
            else:
                reaches_by_address = {
                    address: ChannelReach(self._sink.local_subscribers(tenant, address), reaches)
                    for address, reaches in channels.items()
                }
                self._leader_status.report_deliveries(DeliveryReport(tenant, reaches_by_address))
        for key, nodes in list(self._remote_subscribers.items()):
            if all(now - at >= SUBSCRIBER_COUNT_TTL_S for _, at in nodes.values()):
                del self._remote_subscribers[key]
