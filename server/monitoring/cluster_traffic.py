"""Where the monitor's figures come from: this node's deliveries, or those of all nodes.

In a cluster the leader alone reports: each publication is counted once, whichever node
accepted it, and a monitor channel has one history.  The leader taps everything that is
published for the tenants that are watched on any node, and all nodes send it their counts
of deliveries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from protocol.channels import Channel, ChannelKind
from protocol.publications import EVERYONE, Publication
from server.cluster.bus_messages import ChannelReach, DeliveryReport
from server.cluster.node_registry import NodeRegistry
from server.monitoring.delivery_counts import DeliveryAggregator
from server.monitoring.traffic_sampler import TrafficSampler
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub

SUBSCRIBER_COUNT_TTL_S = 2.0  # for which another node's number of subscribers is valid


class TrafficSource(Protocol):
    """Feeds a ``TrafficSampler`` with what this node has to report."""

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Handle a delivery on this node: see ``Hub.observers``."""

    async def poll(self, now: float) -> set[str]:
        """Do what is due several times per second; returns the tenants this node reports on."""
        ...

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count a channel's subscribers on all nodes, as far as a tenant may know them."""
        ...


class LocalTraffic:
    """The deliveries of a single node, sampled at once; ``clock`` is that of ``poll``."""

    def __init__(self, hub: Hub, sampler: TrafficSampler, clock: Callable[[], float]) -> None:
        self._hub = hub
        self._sampler = sampler
        self._clock = clock

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Sample a publication if its tenant is watched."""
        if self._hub.subscribers(Channel(ChannelKind.MONITOR, publication.tenant)):
            self._sampler.record(publication, reached, self._clock())

    async def poll(self, now: float) -> set[str]:
        """Return the tenants that are watched."""
        del now
        return self._hub.channel_keys(ChannelKind.MONITOR)

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count a channel's subscribers."""
        del now
        return count_local_subscribers(self._hub, tenant, channel)


class LeaderStatus(Protocol):
    """Whether this node is the leader, and how it reaches the other nodes."""

    @property
    def is_leader(self) -> bool:
        """Whether this node has run longest and is in contact with the others."""
        ...

    def announce_watched(self, tenants: frozenset[str]) -> None:
        """Send the tenants that are watched on this node to the others, at once."""

    def report_deliveries(self, report: DeliveryReport) -> None:
        """Send this node's counts of deliveries to the others."""


class ClusterTraffic:
    """The deliveries of all nodes, sampled by the leader; ``clock`` is that of ``poll``."""

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        sampler: TrafficSampler,
        registry: NodeRegistry,
        leader_status: LeaderStatus,
        clock: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._broker = broker
        self._sampler = sampler
        self._registry = registry
        self._leader_status = leader_status
        self._clock = clock
        self._watched_locally: frozenset[str] = frozenset()
        self._watched: set[str] = set()
        self._reported_tenants: set[str] = set()
        self._deliveries = DeliveryAggregator()
        self._unsent_counts: dict[str, dict[str, list[tuple[int, int]]]] = {}
        self._remote_subscribers: dict[tuple[str, str], dict[str, tuple[int, float]]] = {}

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Count the deliveries of a publication until the next poll, if its tenant is watched."""
        if publication.tenant in self._watched and publication.position is not None:
            channels = self._unsent_counts.setdefault(publication.tenant, {})
            reaches = channels.setdefault(str(publication.to), [])
            reaches.append((publication.position.offset, reached))

    def on_tap(self, publications: Sequence[Publication]) -> None:
        """Handle what any node has published for a tapped tenant."""
        now = self._clock()
        for publication in publications:
            self._deliveries.on_published(publication, now)

    def on_delivery_report(self, node: str, report: DeliveryReport) -> None:
        """Handle the counts of another node."""
        if not self._reported_tenants:
            return
        now = self._clock()
        for address, reaches in report.channels.items():
            counts = self._remote_subscribers.setdefault((report.tenant, address), {})
            counts[node] = reaches.subscribers, now
            for offset, number in reaches.reached:
                self._deliveries.on_delivered(address, offset, number, now)

    async def poll(self, now: float) -> set[str]:
        """Send this node's counts to the leader; on the leader, sample what is complete."""
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
            if publication.tenant in self._reported_tenants:
                self._sampler.record(publication, number, now)
        for publication, number in late:
            self._sampler.record_late_deliveries(publication, number)
        return self._reported_tenants

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count a channel's subscribers, here and on the nodes that just delivered to it."""
        local = count_local_subscribers(self._hub, tenant, channel)
        if channel == str(EVERYONE):
            return local + sum(peer.stats.connections for peer in self._registry.peers.values())
        counts = self._remote_subscribers.get((tenant, channel), {})
        return local + sum(
            number for number, at in counts.values() if now - at < SUBSCRIBER_COUNT_TTL_S
        )

    def _send_counts(self, now: float) -> None:
        unsent, self._unsent_counts = self._unsent_counts, {}
        for tenant, channels in unsent.items():
            if tenant in self._reported_tenants:
                for address, reaches in channels.items():
                    for offset, number in reaches:
                        self._deliveries.on_delivered(address, offset, number, now)
            else:
                reaches_by_address = {
                    address: ChannelReach(
                        count_local_subscribers(self._hub, tenant, address), reaches
                    )
                    for address, reaches in channels.items()
                }
                self._leader_status.report_deliveries(DeliveryReport(tenant, reaches_by_address))
        for key, nodes in list(self._remote_subscribers.items()):
            if all(now - at >= SUBSCRIBER_COUNT_TTL_S for _, at in nodes.values()):
                del self._remote_subscribers[key]


def count_local_subscribers(hub: Hub, tenant: str, channel: str) -> int:
    """Count a channel's subscribers on this node, as far as a tenant may know them."""
    kind, _, key = channel.partition(":")
    if not key:
        return len(hub.connections)
    subscribers = hub.subscribers(Channel(ChannelKind(kind), key))
    if kind == ChannelKind.USER:  # whether a customer of another tenant is online is private
        return sum(connection.tenant_id == tenant for connection in subscribers)
    return len(subscribers)
