"""Admin API: lists and closes the connections of the admin's tenant, on all nodes.

Merges the answers of the nodes and names those that did not answer in time.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from msgspec import UNSET, Struct

from protocol.admin_api import (
    MAX_LISTED,
    ChannelAccess,
    ChannelInfo,
    ChannelList,
    ConnectionList,
    DisconnectResult,
    NodeList,
)
from protocol.channels import is_valid_key
from server.auth.identity import Identity
from server.auth.revocations import Revocations
from server.cluster.cluster import Cluster
from server.cluster.node_queries import (
    AccessResult,
    AffectedConnections,
    DescribeNode,
    DisconnectConnection,
    DisconnectUser,
    ExplainAccess,
    ListChannels,
    ListConnections,
    NodeChannels,
    NodeConnections,
    NodeDescription,
    NodeQuery,
)
from server.errors import ApiError, ApiErrorCode

log = logging.getLogger(__name__)


class AdminService(Struct, frozen=True):
    """Serves admins of a tenant; ``clock`` is in seconds since the epoch.

    Clocks of issuers may be up to ``clock_skew_s`` ahead.

    Every method raises ClusterUnavailable if the other nodes cannot be reached.
    """

    cluster: Cluster
    revocations: Revocations
    clock: Callable[[], float]
    clock_skew_s: float

    async def connections(self, admin: Identity, user_id: str | None) -> ConnectionList[str]:
        """List the tenant's connections, or those of one of its users."""
        results = await self.cluster.query(
            ListConnections(admin.tenant_id, user_id), NodeConnections
        )
        listed = [each for result in results.results for each in result.connections]
        if len(results.results) > 1:
            listed.sort(key=lambda each: each.connected_at, reverse=True)
        total = sum(result.total for result in results.results)
        return ConnectionList(
            tuple(listed[:MAX_LISTED]), total, tuple(results.unresponsive) or UNSET
        )

    async def channels(self, admin: Identity) -> ChannelList:
        """List the channels of the tenant's connections, and all public channels.

        With more than a thousand channels on a node, the total is a lower bound.
        """
        results = await self.cluster.query(ListChannels(admin.tenant_id), NodeChannels)
        subscribers = Counter[str]()
        for result in results.results:
            subscribers.update(result.subscribers)
        listed = tuple(
            ChannelInfo(name.partition(":")[0], name, count)
            for name, count in subscribers.most_common(MAX_LISTED)
        )
        total = max(len(subscribers), *(result.total or 0 for result in results.results))
        return ChannelList(listed, total, tuple(results.unresponsive) or UNSET)

    async def nodes(self, admin: Identity) -> NodeList:
        """Describe every node that answers in time, without what belongs to other tenants."""
        results = await self.cluster.query(DescribeNode(admin.tenant_id), NodeDescription)
        own, *others = (result.stats for result in results.results)
        return NodeList((own, *sorted(others, key=lambda node: node.node)))

    async def access(self, admin: Identity, connection_id: str, name: str) -> ChannelAccess:
        """Explain why a connection may or may not subscribe to a channel.

        Raises:
            ApiError: ``not_found``, or ``unavailable`` if it may be on an unresponsive node.
            StoreUnavailable: the owner of the order is not known.
        """
        query = ExplainAccess(admin.tenant_id, connection_id, name)
        results = await self.cluster.query(query, AccessResult)
        for result in results.results:
            if result.access is not None:
                return result.access
        raise (
            _unresponsive_error(results.unresponsive)
            if results.unresponsive
            else _not_found("connection")
        )

    async def disconnect(self, admin: Identity, connection_id: str) -> DisconnectResult:
        """Close one connection.

        Raises:
            ApiError: ``not_found``, or ``unavailable`` if it may be on an unresponsive node.
        """
        count = await self._disconnect(
            DisconnectConnection(admin.tenant_id, connection_id), enough=1
        )
        if not count:
            raise _not_found("connection")
        log.info("connection %s closed by admin %s", connection_id, admin.user_id)
        return DisconnectResult(count)

    async def disconnect_user(
        self, admin: Identity, user_id: str, revoke: bool
    ) -> DisconnectResult:
        """Close all of a user's connections, and revoke the user's tokens if asked to.

        Raises:
            ApiError: ``not_found`` for an invalid id; ``unavailable`` if a node is unresponsive:
                the other nodes have closed theirs, and a retry does no harm.
            StoreUnavailable: nothing was revoked or closed.
        """
        if not is_valid_key(user_id):
            raise _not_found("user")
        # A token issued a moment ago may carry a time that is still to come here.
        at = self.clock() + self.clock_skew_s if revoke else None
        if at is not None:
            await self.revocations.revoke(admin.tenant_id, user_id, at)
            log.info("tokens of user %s revoked by admin %s", user_id, admin.user_id)
        count = await self._disconnect(DisconnectUser(admin.tenant_id, user_id, at))
        log.info("%d connections of user %s closed by admin %s", count, user_id, admin.user_id)
        return DisconnectResult(count)

    async def _disconnect(self, query: NodeQuery, enough: int | None = None) -> int:
        results = await self.cluster.query(query, AffectedConnections)
        count = sum(result.connections for result in results.results)
        if results.unresponsive and (enough is None or count < enough):
            raise _unresponsive_error(results.unresponsive)
        return count


def _not_found(what: str) -> ApiError:
    return ApiError(ApiErrorCode.NOT_FOUND, f"There is no such {what}")


def _unresponsive_error(names: list[str]) -> ApiError:
    return ApiError(ApiErrorCode.UNAVAILABLE, f"No answer from {', '.join(names)}: ask again")
