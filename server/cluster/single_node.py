"""A cluster of one node, without Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.cluster.cluster import ClusterUnavailable, NodeHost, QueryResults, ResultT
from server.cluster.connection_limits import ConnectionLimiter, LocalConnectionLimiter
from server.cluster.node_queries import NodeQuery
from server.monitoring.cluster_traffic import LocalTraffic, TrafficSource
from server.monitoring.connection_log import ConnectionLog
from server.monitoring.traffic_sampler import TrafficSampler
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub


class SingleNode:
    """A cluster of one node."""

    def __init__(
        self, name: str, connection_limiter: LocalConnectionLimiter, clock: Callable[[], float]
    ) -> None:
        self.name = name
        self._clock = clock
        self.connection_limiter: ConnectionLimiter = connection_limiter
        self.is_connected = True
        self._host: NodeHost | None = None

    @asynccontextmanager
    async def join(self, host: NodeHost) -> AsyncIterator[None]:
        """Be a cluster while the block lasts."""
        self._host = host
        yield

    async def query(self, query: NodeQuery, kind: type[ResultT]) -> QueryResults[ResultT]:
        """Run a query on this node."""
        result: Any = await self._joined_host.handle_query(query)
        assert isinstance(result, kind)  # noqa: S101 - for the types
        return QueryResults([result], unresponsive=[])

    def nodes(self, tenant_id: str) -> list[NodeStats]:
        """Return what a tenant may know of this node."""
        return [self._joined_host.tenant_stats(tenant_id)]

    def traffic_source(
        self, hub: Hub, broker: Broker, sampler: TrafficSampler, connection_log: ConnectionLog
    ) -> TrafficSource:
        """Make a source that reports what this node delivers."""
        del broker, connection_log  # no other node has events to add
        return LocalTraffic(hub, sampler, self._clock)

    def on_mirrored(self, publications: Sequence[Publication]) -> None:
        """Ignore it: a single node has nothing mirrored."""

    @property
    def _joined_host(self) -> NodeHost:
        if self._host is None:
            raise ClusterUnavailable("not joined")
        return self._host
