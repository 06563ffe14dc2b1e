"""What an admin may see and end, on whichever node: the tenant's own, and nothing of others.

Knows no HTTP.  Puts together what the nodes answer; a node that does not answer in time is
named in ``silent``.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from msgspec import UNSET, Struct, UnsetType, field

from protocol.channels import is_valid_key
from protocol.monitoring import NodeStats
from server.auth.identity import Identity
from server.auth.revocations import Revocations
from server.cluster.cluster import Cluster
from server.cluster.local_node import MAX_LISTED
from server.cluster.node_queries import (
    AccessResult,
    AffectedConnections,
    ChannelAccess,
    ConnectionInfo,
    DisconnectConnection,
    DisconnectUser,
    ExplainAccess,
    ListChannels,
    ListConnections,
    NodeChannels,
    NodeConnections,
    NodeQuery,
)
from server.http.responses import ApiError

log = logging.getLogger(__name__)
Unresponsive = list[str] | UnsetType


class ConnectionsResponse(Struct, frozen=True, omit_defaults=True):
    """The tenant's connections, the latest first, 500 at the most; ``total`` counts all."""

    connections: list[ConnectionInfo]
    total: int
    silent: Unresponsive = field(default=UNSET, name="silent")


class ChannelInfo(Struct, frozen=True):
    """A channel and how many of the tenant's connections hear it; all, if it is public."""

    kind: str
    name: str
    subscribers: int


class ChannelsResponse(Struct, frozen=True, omit_defaults=True):
    """The channels that are heard, those with the most subscribers first, 500 at the most."""

    channels: list[ChannelInfo]
    total: int
    silent: Unresponsive = field(default=UNSET, name="silent")


class NodesResponse(Struct, frozen=True):
    """Every node, as the monitor describes them."""

    nodes: list[NodeStats]


class AdminService(Struct, frozen=True):
    """Answers admins; ``clock`` is in seconds since the epoch.

    Everything raises PeersUnavailable while the other nodes cannot be reached.
    """

    cluster: Cluster
    revocations: Revocations
    clock: Callable[[], float]

    async def connections(self, admin: Identity, user_id: str | None) -> ConnectionsResponse:
        """List the tenant's connections, or those of one of its users."""
        results = await self.cluster.query(
            ListConnections(admin.tenant_id, user_id), NodeConnections
        )
        listed = [each for answer in results.results for each in answer.connections]
        if len(results.results) > 1:
            listed.sort(key=lambda each: each.connected_at, reverse=True)
        total = sum(answer.total for answer in results.results)
        return ConnectionsResponse(listed[:MAX_LISTED], total, results.unresponsive or UNSET)

    async def channels(self, admin: Identity) -> ChannelsResponse:
        """List the channels that the tenant's connections hear, and the public ones."""
        results = await self.cluster.query(ListChannels(admin.tenant_id), NodeChannels)
        subscribers = Counter[str]()
        for answer in results.results:
            subscribers.update(answer.subscribers)
        listed = [
            ChannelInfo(name.partition(":")[0], name, count)
            for name, count in subscribers.most_common(MAX_LISTED)
        ]
        return ChannelsResponse(listed, len(subscribers), results.unresponsive or UNSET)

    def nodes(self) -> NodesResponse:
        """Describe every node."""
        return NodesResponse(self.cluster.nodes())

    async def access(self, admin: Identity, connection_id: str, name: str) -> ChannelAccess:
        """Tell why a client does or does not hear a channel.

        Raises:
            Problem: 404, there is no such connection; 503, it may be on a silent node.
            StoreUnavailable: it cannot be found out whose the order is.
        """
        query = ExplainAccess(admin.tenant_id, connection_id, name)
        results = await self.cluster.query(query, AccessResult)
        for answer in results.results:
            if answer.access is not None:
                return answer.access
        raise (
            _unresponsive_error(results.unresponsive)
            if results.unresponsive
            else _not_found("connection")
        )

    async def disconnect(self, admin: Identity, connection_id: str) -> int:
        """Hang up on one connection; returns 1.

        Raises:
            Problem: 404, there is no such connection; 503, it may be on a silent node.
        """
        count = await self._disconnect(
            DisconnectConnection(admin.tenant_id, connection_id), enough=1
        )
        if not count:
            raise _not_found("connection")
        log.info("%s ended by %s", connection_id, admin.user_id)
        return count

    async def disconnect_user(self, admin: Identity, user_id: str, revoke: bool) -> int:
        """Hang up on all of a user's connections, and refuse the tokens so far if asked to.

        Returns how many there were.

        Raises:
            Problem: 404, nobody can have this id; 503, a node is silent: what could be done
                is done, and asking again does no harm.
            StoreUnavailable: nothing was revoked, and nobody hung up on.
        """
        if not is_valid_key(user_id):
            raise _not_found("user")
        at = self.clock() if revoke else None
        if at is not None:
            await self.revocations.revoke(admin.tenant_id, user_id, at)
            log.info("the tokens of %s were revoked by %s", user_id, admin.user_id)
        count = await self._disconnect(DisconnectUser(admin.tenant_id, user_id, at))
        log.info("%d connections of %s ended by %s", count, user_id, admin.user_id)
        return count

    async def _disconnect(self, query: NodeQuery, enough: int | None = None) -> int:
        results = await self.cluster.query(query, AffectedConnections)
        count = sum(answer.connections for answer in results.results)
        if results.unresponsive and (enough is None or count < enough):
            raise _unresponsive_error(results.unresponsive)
        return count


def _not_found(what: str) -> ApiError:
    return ApiError(404, "not_found", f"There is no such {what}")


def _unresponsive_error(names: list[str]) -> ApiError:
    return ApiError(503, "unavailable", f"No answer from {', '.join(names)}: ask again")
