"""What a server asks of the cluster that it is part of, and how it does without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.cluster.connection_limits import ConnectionLimiter, LocalConnectionLimiter
from server.cluster.node_queries import NodeQuery
from server.monitoring.cluster_traffic import LocalTraffic, TrafficSource
from server.monitoring.traffic_sampler import TrafficSampler
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub

ResultT = TypeVar("ResultT", bound=Struct)


class ClusterUnavailable(Exception):
    """The other servers cannot be asked now."""


class QueryResults(Struct, Generic[ResultT], frozen=True):
    """What was answered; ``silent`` names the servers that did not answer in time."""

    results: list[ResultT]
    unresponsive: list[str]


class NodeHost(Protocol):
    """What the cluster asks of a server that is part of it."""

    async def handle_query(self, query: NodeQuery) -> Struct:
        """Answer for this server; raises StoreUnavailable."""
        ...

    def on_disconnected(self) -> None:
        """Rely no more on what was remembered: the others are not heard."""

    async def resync(self) -> None:
        """Judge everybody again: what the others said meanwhile was not heard.

        Raises:
            StoreUnavailable: it could not be found out; to be tried again.
        """

    def stats(self) -> NodeStats:
        """Describe this server as it is now."""
        ...


class Cluster(Protocol):
    """The servers of a cluster, seen from one of them."""

    @property
    def name(self) -> str:
        """What this server is called."""
        ...

    @property
    def connection_limiter(self) -> ConnectionLimiter:
        """The connections that each user may have, here or elsewhere."""
        ...

    @property
    def is_connected(self) -> bool:
        """Tell whether what the others say is heard here."""
        ...

    def join(self, host: NodeHost) -> AbstractAsyncContextManager[None]:
        """Take part, on behalf of a server, while the block lasts."""
        ...

    async def query(self, query: NodeQuery, kind: type[ResultT]) -> QueryResults[ResultT]:
        """Ask every server, this one too; returns within the broker's timeout.

        Raises:
            PeersUnavailable: the others cannot be reached; what is asked of this server
                may have been done.
            StoreUnavailable: this server could not answer.
        """
        ...

    def nodes(self) -> list[NodeStats]:
        """Describe every server, this one first, as it was a second ago at the most."""
        ...

    def traffic_source(self, hub: Hub, broker: Broker, sampler: TrafficSampler) -> TrafficSource:
        """Make this node's source of the monitor's figures; call it once."""
        ...

    def on_tap(self, publications: Sequence[Publication]) -> None:
        """Take what the broker was asked to tap."""


class SingleNode:
    """A cluster of one: answers itself, and counts for itself."""

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
        """Answer for this server."""
        self._host = host
        yield

    async def query(self, query: NodeQuery, kind: type[ResultT]) -> QueryResults[ResultT]:
        """Ask this server."""
        answer: Any = await self._joined_host.handle_query(query)
        assert isinstance(answer, kind)  # noqa: S101 - for the types
        return QueryResults([answer], unresponsive=[])

    def nodes(self) -> list[NodeStats]:
        """Describe this server."""
        return [self._joined_host.stats()]

    def traffic_source(self, hub: Hub, broker: Broker, sampler: TrafficSampler) -> TrafficSource:
        """Make a source that reports what this node delivers."""
        del broker
        return LocalTraffic(hub, sampler, self._clock)

    def on_tap(self, publications: Sequence[Publication]) -> None:
        """Ignore what was not asked for."""

    @property
    def _joined_host(self) -> NodeHost:
        if self._host is None:
            raise ClusterUnavailable("not open")
        return self._host
