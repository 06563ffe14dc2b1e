"""The interface of a cluster to one of its nodes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.cluster.connection_limits import ConnectionLimiter
from server.cluster.node_queries import NodeQuery
from server.monitoring.cluster_traffic import TrafficSource
from server.monitoring.connection_log import ConnectionLog
from server.monitoring.traffic_sampler import TrafficSampler
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub

ResultT = TypeVar("ResultT", bound=Struct)


class ClusterUnavailable(Exception):
    """The other nodes cannot be reached."""


class QueryResults(Struct, Generic[ResultT], frozen=True):
    """The results of a query; ``unresponsive`` names the nodes that timed out."""

    results: list[ResultT]
    unresponsive: list[str]


class NodeHost(Protocol):
    """What the cluster calls on its node."""

    async def handle_query(self, query: NodeQuery) -> Struct:
        """Run a query on this node; raises StoreUnavailable."""
        ...

    def on_disconnected(self) -> None:
        """Drop caches: changes of other nodes do not arrive any more."""

    async def resync(self) -> None:
        """Apply changes that were missed while disconnected.

        Raises:
            StoreUnavailable: the store does not answer; the caller tries again.
        """

    def stats(self) -> NodeStats:
        """Return the statistics of this node, for the other nodes."""
        ...

    def tenant_stats(self, tenant_id: str) -> NodeStats:
        """Return the statistics of this node without what belongs to other tenants."""
        ...


class Cluster(Protocol):
    """The nodes of a cluster, seen from one of them."""

    @property
    def name(self) -> str:
        """The name of this node."""
        ...

    @property
    def connection_limiter(self) -> ConnectionLimiter:
        """The limiter of connections per user, over all nodes."""
        ...

    @property
    def is_connected(self) -> bool:
        """Whether messages of the other nodes arrive."""
        ...

    def join(self, host: NodeHost) -> AbstractAsyncContextManager[None]:
        """Be a member of the cluster while the block lasts."""
        ...

    async def query(self, query: NodeQuery, kind: type[ResultT]) -> QueryResults[ResultT]:
        """Send a query to all nodes, this one included; returns within the timeout.

        Raises:
            ClusterUnavailable: the other nodes cannot be reached; the query may have been
                run on this node.
            StoreUnavailable: the query failed on this node.
        """
        ...

    def nodes(self, tenant_id: str) -> list[NodeStats]:
        """Return what a tenant whose monitor channel is watched may know of all nodes.

        This one is first; others are up to a second old.
        """
        ...

    def traffic_source(
        self, hub: Hub, broker: Broker, sampler: TrafficSampler, connection_log: ConnectionLog
    ) -> TrafficSource:
        """Make this node's source of the monitor's figures; call it once."""
        ...

    def on_mirrored(self, publications: Sequence[Publication]) -> None:
        """Handle what was published for mirrored tenants."""
