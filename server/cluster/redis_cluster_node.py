"""A node's membership in a cluster: heartbeats, leader, queries and limits over the bus.

Nothing of it is stored in Redis.  A partitioned node clears its view of the cluster and
enforces limits locally.  On reconnect it asks all nodes for their state, and its host
applies the changes it may have missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, assert_never

import msgspec

from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.background_tasks import cancel_and_wait
from server.cluster.bus import ClusterBus, EchoCallback
from server.cluster.bus_messages import (
    BusMessage,
    Hello,
    NodeHeartbeat,
    NodeLeft,
    QueryRequest,
    QueryResponse,
    TenantReport,
    UserConnectionCounts,
    UserCountsRequest,
)
from server.cluster.cluster import ClusterUnavailable, NodeHost, QueryResults, ResultT
from server.cluster.connection_limits import ClusterConnectionLimiter, ConnectionLimiter
from server.cluster.leader import joined_first
from server.cluster.node_queries import NodeQuery, OrderOwnerChanged
from server.cluster.node_registry import NodeRegistry, PeerNode
from server.cluster.pending_node_queries import PendingQueries
from server.monitoring.cluster_traffic import ClusterTraffic, TrafficSource
from server.monitoring.connection_log import ConnectionLog
from server.monitoring.counters import Counters
from server.monitoring.tenant_stats import load_only
from server.monitoring.traffic_sampler import TrafficSampler
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub
from server.redis_client import RedisClient
from server.retry_delay import RetryDelay
from server.stores.base import OrderOwnership, StoreUnavailable
from server.supervisor import Supervisor

log = logging.getLogger(__name__)

HEARTBEATS = 3.5  # within the node timeout
RESYNC_MIN_DELAY_S, RESYNC_MAX_DELAY_S = 0.5, 2.0  # between attempts to resynchronize
POLL_S = 0.05


class RedisClusterNode:
    """A member of a cluster, called ``name``; ``clock`` is in seconds since the epoch."""

    def __init__(
        self,
        redis: RedisClient,
        prefix: str,
        name: str,
        connections_per_user: int,
        timeout_s: float,
        node_timeout_s: float,
        clock: Callable[[], float],
        supervisor: Supervisor,
        counters: Counters,
    ) -> None:
        self._supervisor = supervisor
        self._node_id = secrets.token_hex(6)
        self.name = name
        self._timeout_s = timeout_s
        self._node_timeout_s = node_timeout_s
        self._clock = clock
        self._bus = ClusterBus(redis, prefix, self._node_id, timeout_s, counters)
        self._registry = NodeRegistry()
        self._limiter = ClusterConnectionLimiter(
            connections_per_user, self._announce_users, self._registry.connections_of
        )
        self._queries = PendingQueries()
        self._joined_at = 0.0
        self._host: NodeHost | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._registry_changed = asyncio.Event()
        self._is_synced = False
        self._needs_resync = asyncio.Event()
        self._watched_tenants: frozenset[str] = frozenset()
        self._traffic_source: ClusterTraffic | None = None

    @property
    def connection_limiter(self) -> ConnectionLimiter:
        """The limiter of connections per user, over all nodes."""
        return self._limiter

    @property
    def is_connected(self) -> bool:
        """Whether messages of the other nodes arrive."""
        return self._bus.is_connected

    @asynccontextmanager
    async def join(self, host: NodeHost) -> AsyncIterator[None]:
        """Be a member while the block lasts, which begins when all other nodes are known."""
        self._host = host
        loops = {
            "cluster_bus": lambda: self._bus.run(self),
            "heartbeat": self._heartbeat_loop,
            "resync": self._resync_loop,
        }
        try:
            async with self._supervisor.running(loops):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._timeout_s):
                        while not self._is_synced:
                            await self._wait_for_change()
                yield
                await self._bus.send_final(NodeLeft())
        finally:
            await cancel_and_wait(self._tasks)

    async def query(self, query: NodeQuery, kind: type[ResultT]) -> QueryResults[ResultT]:
        """Send a query to all nodes, this one included; returns within the timeout."""
        pending = self._queries.start({self._node_id, *self._registry.peers})
        pending.is_disconnected = not self.is_connected
        # The query must come back, too: otherwise no node may have received it.
        self._bus.send(
            QueryRequest(pending.number, query), lambda: pending.mark_done(self._node_id)
        )
        try:
            own: Any = await self._joined_host.handle_query(query)
            if not pending.is_disconnected:
                await pending.wait(self._timeout_s)
        finally:
            self._queries.finish(pending)
        if pending.is_disconnected or self._node_id in pending.awaiting:
            raise ClusterUnavailable("this node is disconnected from the others")
        unresponsive = [
            self._registry.peers[id].name for id in pending.awaiting if id in self._registry.peers
        ]
        others = [msgspec.msgpack.decode(result, type=kind) for result in pending.results]
        return QueryResults([own, *others], unresponsive=sorted(unresponsive))

    def nodes(self, tenant_id: str) -> list[NodeStats]:
        """Return what a watched tenant may know of all nodes, this one first.

        Others are up to a second old.
        """
        others = sorted(self._registry.peers.values(), key=lambda peer: peer.name)
        return [
            self._joined_host.tenant_stats(tenant_id),
            *(peer.tenant_stats.get(tenant_id) or load_only(peer.stats) for peer in others),
        ]

    def traffic_source(
        self, hub: Hub, broker: Broker, sampler: TrafficSampler, connection_log: ConnectionLog
    ) -> TrafficSource:
        """Make this node's source of the monitor's figures."""
        self._traffic_source = ClusterTraffic(
            hub, broker, sampler, connection_log, self._registry, self, self._clock
        )
        return self._traffic_source

    def on_mirrored(self, publications: Sequence[Publication]) -> None:
        """Handle what was published for mirrored tenants."""
        if self._traffic_source is not None:
            self._traffic_source.on_mirrored(publications)

    @property
    def is_leader(self) -> bool:
        """Whether this node has run longest and is in contact with the others."""
        return self._is_synced and joined_first(
            self._node_id, self._joined_at, self._registry.peers
        )

    def announce_watched(self, tenants: frozenset[str]) -> None:
        """Send the tenants that are watched on this node to the others, at once."""
        self._watched_tenants = tenants
        self._send_heartbeat()

    def send_report(self, report: TenantReport) -> None:
        """Send what happened on this node for a tenant to the others."""
        self._bus.send(report)

    def on_message(self, sender: str, message: BusMessage) -> None:
        """Handle a message of another node."""
        match message:
            case Hello():
                self._announce()
            case NodeHeartbeat(name, joined_at, stats, in_use, watched, tenant_stats):
                now = time.monotonic()
                peer = PeerNode(
                    name, joined_at, stats, watched, tenant_stats, last_heartbeat_at=now
                )
                self._registry.update_node(sender, peer)
                self._registry_changed.set()
                if self._registry.connections_on(sender) != in_use:
                    self._bus.send(UserCountsRequest(sender))
            case NodeLeft():
                self._remove_node(sender)
            case UserConnectionCounts(numbers, is_all):
                self._registry.update_counts(sender, numbers, is_all)
            case UserCountsRequest(node):
                if node == self._node_id:
                    self._bus.send(UserConnectionCounts(dict(self._limiter.counts), is_all=True))
            case TenantReport():
                if self._traffic_source is not None:
                    self._traffic_source.on_tenant_report(sender, message)
            case QueryRequest(number, query):
                self._spawn(self._answer_query(sender, number, query))
            case QueryResponse(number, result):
                self._queries.on_response(sender, number, result)
            case _:
                assert_never(message)

    def on_order_owner_changed(self, order_id: str, tenant_id: str, user_id: str) -> None:
        """Apply a change of an order's owner that the store has announced.

        See `server.services.order_owners`: a node that records one also queries the others.
        """
        self._spawn(self._apply_owner_change(OrderOwnership(order_id, user_id, tenant_id)))

    def on_connected(self) -> None:
        """Announce this node, wait for the others, and apply what was missed."""
        self._joined_at = self._clock()
        self._bus.send(Hello())
        self._announce()
        self._spawn(self._wait_for_peers())
        self._needs_resync.set()

    def on_disconnected(self) -> None:
        """Clear the view of the cluster."""
        self._registry.clear()
        self._is_synced = False
        self._joined_host.on_disconnected()
        self._queries.on_disconnected()

    async def _wait_for_peers(self) -> None:
        """Wait until all that received the first envelope have sent a heartbeat, or timed out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._node_timeout_s):
                while len(self._registry.peers) + 1 < (self._bus.subscriber_count or sys.maxsize):
                    await self._wait_for_change()
        self._is_synced = self.is_connected
        self._registry_changed.set()

    async def _wait_for_change(self) -> None:
        self._registry_changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._registry_changed.wait(), POLL_S)

    async def _heartbeat_loop(self) -> None:
        """Send heartbeats, and remove nodes whose heartbeats are missing."""
        last_heartbeat_at = time.monotonic()
        while True:
            await asyncio.sleep(self._node_timeout_s / HEARTBEATS)
            now = time.monotonic()
            if now - last_heartbeat_at >= self._node_timeout_s:
                # The others have removed this node, and one of them is the leader by now.
                log.warning("node was paused for %.1f s", now - last_heartbeat_at)
                self._joined_at = self._clock()
            last_heartbeat_at = now
            self._send_heartbeat()
            for id in self._registry.remove_expired(now, self._node_timeout_s):
                self._remove_node(id)

    def _announce(self) -> None:
        self._bus.send(UserConnectionCounts(dict(self._limiter.counts), is_all=True))
        self._send_heartbeat()

    def _send_heartbeat(self) -> None:
        host = self._joined_host
        elsewhere = (peer.watched_tenants for peer in self._registry.peers.values())
        self._bus.send(
            NodeHeartbeat(
                self.name,
                self._joined_at,
                host.stats(),
                self._limiter.in_use,
                self._watched_tenants,
                {
                    tenant: host.tenant_stats(tenant)
                    for tenant in self._watched_tenants.union(*elsewhere)
                },
            )
        )

    def _remove_node(self, id: str) -> None:
        self._registry.remove(id)
        self._queries.on_node_left(id)

    async def _answer_query(self, asker: str, number: int, query: NodeQuery) -> None:
        result = None
        try:
            result = msgspec.msgpack.encode(await self._joined_host.handle_query(query))
        except StoreUnavailable as why:
            log.warning("query of another node failed: %s", why)
        await self._bus.send_to(asker, QueryResponse(number, result))

    async def _apply_owner_change(self, order: OrderOwnership) -> None:
        await self._joined_host.handle_query(OrderOwnerChanged(order))

    async def _resync_loop(self) -> None:
        """Apply what was missed while disconnected, each time the bus is connected again."""
        delay = RetryDelay(RESYNC_MIN_DELAY_S, RESYNC_MAX_DELAY_S)
        while True:
            await self._needs_resync.wait()
            self._needs_resync.clear()
            try:
                await self._joined_host.resync()
            except StoreUnavailable as why:
                log.warning("resynchronization failed, will be tried again: %s", why)
                self._needs_resync.set()
                await delay.wait()
            except BaseException:
                self._needs_resync.set()
                raise
            else:
                delay.reset()

    def _announce_users(self, numbers: Mapping[str, int], on_echo: EchoCallback | None) -> None:
        self._bus.send(UserConnectionCounts(dict(numbers)), on_echo)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:  # a bug
            log.error("cluster task failed", exc_info=task.exception())

    @property
    def _joined_host(self) -> NodeHost:
        if self._host is None:
            raise ClusterUnavailable("not joined")
        return self._host
