"""Where the monitor's figures come from: this node's deliveries, or those of all nodes.

In a cluster the leader alone reports: each publication is counted once, whichever node
accepted it, and a monitor channel has one history.  What is published for the tenants that are
watched on any node is mirrored to the leader, and all nodes send it their counts of
deliveries.  Events of connections are sent for every tenant, and every node keeps those of
all nodes: the next leader knows them, and so does a dashboard that subscribes later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from protocol.channels import Channel, ChannelKind
from protocol.publications import EVERYONE, Publication
from server.cluster.bus_messages import ChannelReach, TenantReport
from server.cluster.node_registry import NodeRegistry
from server.monitoring.connection_log import ConnectionLog, EventReport
from server.monitoring.delivery_counts import DeliveryAggregator
from server.monitoring.traffic_sampler import TrafficSampler
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub

SUBSCRIBER_COUNT_TTL_S = 2.0  # for which another node's number of subscribers is valid


class TrafficSource(Protocol):
    """Feeds a ``TrafficSampler``, and in a cluster a ``ConnectionLog``, with what to report."""

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Handle a delivery on this node: see ``Hub.observers``."""

    async def poll(self, now: float) -> set[str]:
        """Do what is due several times per second; returns the tenants this node reports on."""
        ...

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count a channel's subscribers on all nodes, as far as a tenant may know them."""
        ...

    def take_new_watchers(self) -> set[str]:
        """Return the tenants whose monitor channel somebody has subscribed to since the last call.

        Their next report has to contain what happened before.
        """
        ...


class LocalTraffic:
    """The deliveries of a single node, sampled at once; ``clock`` is that of ``poll``."""

    def __init__(self, hub: Hub, sampler: TrafficSampler, clock: Callable[[], float]) -> None:
        self._hub = hub
        self._sampler = sampler
        self._clock = clock
        self._watchers = _WatcherTracker(hub)
        self._new_watchers: set[str] = set()

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Sample a publication if its tenant is watched."""
        if self._hub.subscribers(Channel(ChannelKind.MONITOR, publication.tenant)):
            self._sampler.record(publication, reached, self._clock())

    async def poll(self, now: float) -> set[str]:
        """Return the tenants that are watched."""
        del now
        self._new_watchers |= self._watchers.take_new()
        return self._hub.channel_keys(ChannelKind.MONITOR)

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count a channel's subscribers."""
        del now
        return count_local_subscribers(self._hub, tenant, channel)

    def take_new_watchers(self) -> set[str]:
        """Return the tenants with a new subscriber of their monitor channel."""
        taken, self._new_watchers = self._new_watchers, set()
        return taken


class LeaderStatus(Protocol):
    """Whether this node is the leader, and how it reaches the other nodes."""

    @property
    def is_leader(self) -> bool:
        """Whether this node has run longest and is in contact with the others."""
        ...

    @property
    def is_connected(self) -> bool:
        """Whether messages reach the other nodes."""
        ...

    def announce_watched(self, tenants: frozenset[str]) -> None:
        """Send the tenants that are watched on this node to the others, at once."""

    def send_report(self, report: TenantReport) -> None:
        """Send what happened on this node for a tenant to the others."""


class ClusterTraffic:
    """The deliveries of all nodes, sampled by the leader; ``clock`` is that of ``poll``."""

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        sampler: TrafficSampler,
        connection_log: ConnectionLog,
        registry: NodeRegistry,
        leader_status: LeaderStatus,
        clock: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._broker = broker
        self._sampler = sampler
        self._connection_log = connection_log
        connection_log.keep_unsent()
        self._registry = registry
        self._leader_status = leader_status
        self._clock = clock
        self._watched_locally: frozenset[str] = frozenset()
        self._watched: set[str] = set()
        self._reported_tenants: set[str] = set()
        self._watchers = _WatcherTracker(hub)
        self._new_watchers: set[str] = set()
        self._deliveries = DeliveryAggregator()
        self._unsent_counts: dict[str, dict[str, list[tuple[int, int]]]] = {}
        self._remote_subscribers: dict[tuple[str, str], dict[str, tuple[int, float]]] = {}

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Count the deliveries of a publication until the next poll, if its tenant is watched."""
        if publication.tenant in self._watched and publication.position is not None:
            channels = self._unsent_counts.setdefault(publication.tenant, {})
            reaches = channels.setdefault(str(publication.to), [])
            reaches.append((publication.position.offset, reached))

    def on_mirrored(self, publications: Sequence[Publication]) -> None:
        """Handle what any node has published for a mirrored tenant."""
        now = self._clock()
        for publication in publications:
            self._deliveries.on_published(publication, now)

    def on_tenant_report(self, node: str, report: TenantReport) -> None:
        """Handle what another node reports about a tenant."""
        if report.events or report.refused:
            events = EventReport(
                report.events,
                report.events_left_out,
                refused=report.refused,
                refused_left_out=report.refused_left_out,
            )
            self._connection_log.add(report.tenant, events)
        if report.has_new_watcher:
            self._new_watchers.add(report.tenant)
        if not self._reported_tenants:
            return
        now = self._clock()
        for address, reaches in report.channels.items():
            counts = self._remote_subscribers.setdefault((report.tenant, address), {})
            counts[node] = reaches.subscribers, now
            for offset, number in reaches.reached:
                self._deliveries.on_delivered(report.tenant, address, offset, number, now)

    async def poll(self, now: float) -> set[str]:
        """Send what happened on this node to the leader; on the leader, sample what is complete."""
        watched_here = frozenset(self._hub.channel_keys(ChannelKind.MONITOR))
        if watched_here != self._watched_locally:
            self._watched_locally = watched_here
            self._leader_status.announce_watched(watched_here)
        elsewhere = (peer.watched_tenants for peer in self._registry.peers.values())
        self._watched = set(watched_here).union(*elsewhere)
        reported = self._watched if self._leader_status.is_leader else set()
        if reported != self._reported_tenants:
            await self._broker.set_mirrored_tenants(reported)
            if not reported:
                self._deliveries.clear()
                self._remote_subscribers.clear()
            self._new_watchers |= reported - self._reported_tenants
            self._reported_tenants = set(reported)
        self._send_reports(now)
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

    def take_new_watchers(self) -> set[str]:
        """Return the tenants with a new subscriber of their monitor channel, on any node."""
        taken, self._new_watchers = self._new_watchers, set()
        return taken

    def _send_reports(self, now: float) -> None:
        """Send counts to the leader, and events of connections and new watchers to all nodes.

        Events wait until the node is connected.
        """
        unsent, self._unsent_counts = self._unsent_counts, {}
        for tenant in unsent.keys() & self._reported_tenants:
            for address, reaches in unsent.pop(tenant).items():
                for offset, number in reaches:
                    self._deliveries.on_delivered(tenant, address, offset, number, now)
        new_watchers = self._watchers.take_new()
        self._new_watchers |= new_watchers
        events = self._connection_log.take_unsent() if self._leader_status.is_connected else {}
        for tenant in unsent.keys() | events.keys() | new_watchers:
            reaches_by_address = {
                address: ChannelReach(count_local_subscribers(self._hub, tenant, address), reaches)
                for address, reaches in unsent.get(tenant, {}).items()
            }
            happened = events.get(tenant, EventReport())
            self._leader_status.send_report(
                TenantReport(
                    tenant,
                    reaches_by_address,
                    happened.events,
                    happened.left_out,
                    tenant in new_watchers,
                    happened.refused,
                    happened.refused_left_out,
                )
            )
        for key, nodes in list(self._remote_subscribers.items()):
            if all(now - at >= SUBSCRIBER_COUNT_TTL_S for _, at in nodes.values()):
                del self._remote_subscribers[key]


class _WatcherTracker:
    """Finds new subscribers of monitor channels on this node."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[str, frozenset[str]] = {}

    def take_new(self) -> set[str]:
        """Return the tenants that a connection has begun to watch since the last call."""
        watchers = {
            tenant: frozenset(
                connection.id
                for connection in self._hub.subscribers(Channel(ChannelKind.MONITOR, tenant))
            )
            for tenant in self._hub.channel_keys(ChannelKind.MONITOR)
        }
        new = {
            tenant for tenant, ids in watchers.items() if ids - self._known.get(tenant, frozenset())
        }
        self._known = watchers
        return new


def count_local_subscribers(hub: Hub, tenant: str, channel: str) -> int:
    """Count a channel's subscribers on this node, as far as a tenant may know them."""
    if channel == str(EVERYONE):
        return len(hub.connections)
    parsed = Channel.parse(channel, tenant)
    subscribers = hub.subscribers(parsed)
    if parsed.kind is ChannelKind.USER:  # whether a customer of another tenant is online is private
        return sum(connection.tenant_id == tenant for connection in subscribers)
    return len(subscribers)
