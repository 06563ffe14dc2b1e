"""Runs the cluster's queries on this node.

A connection of another tenant is treated like one that does not exist.  Connections that
have not signed in belong to no tenant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import assert_never

from msgspec import Struct

from protocol.admin_api import MAX_LISTED, ChannelAccess, ConnectionInfo
from protocol.channels import Channel, ChannelKind
from protocol.close_codes import CloseCode
from protocol.codec import format_timestamp
from protocol.errors import RequestError
from protocol.monitoring import NodeStats
from server.auth.identity import Identity
from server.auth.permissions import AccessRule, evaluate
from server.auth.revocations import Revocations
from server.cluster.node_queries import (
    AccessResult,
    AffectedConnections,
    DescribeNode,
    DisconnectConnection,
    DisconnectUser,
    ExplainAccess,
    ListChannels,
    ListConnections,
    NodeAnswer,
    NodeChannels,
    NodeConnections,
    NodeDescription,
    NodeQuery,
    OrderOwnerChanged,
)
from server.pubsub.hub import Hub
from server.services.order_owners import OrderOwners
from server.stores.base import OrderOwnership
from server.websocket.connection import ServerConnection
from server.websocket.connection_manager import ConnectionManager

MAX_CHANNELS_SENT = 1000  # in answer to a query: clients may invent any number of public channels


class LocalNode(Struct, frozen=True):
    """Runs queries on this node's connections; ``clock`` is in seconds since the epoch."""

    connection_manager: ConnectionManager
    hub: Hub
    order_owners: OrderOwners
    revocations: Revocations
    node_name: str
    collect_stats: Callable[[], NodeStats]
    collect_tenant_stats: Callable[[str], NodeStats]
    clock: Callable[[], float]

    async def handle_query(self, query: NodeQuery) -> NodeAnswer:
        """Run a query.

        Raises:
            StoreUnavailable: the owner of an order cannot be looked up.
        """
        match query:
            case ListConnections(tenant_id, user_id):
                return self._list_connections(tenant_id, user_id)
            case ListChannels(tenant_id):
                return self._list_channels(tenant_id)
            case ExplainAccess(tenant_id, connection_id, name):
                return AccessResult(await self._explain_access(tenant_id, connection_id, name))
            case DisconnectConnection(tenant_id, connection_id):
                return self._disconnect(self._find_connection(tenant_id, connection_id))
            case DisconnectUser(tenant_id, user_id, revoked_at):
                if revoked_at is not None:
                    self.revocations.record(tenant_id, user_id, revoked_at)
                return self._disconnect(self._connections_of(tenant_id, user_id))
            case DescribeNode(tenant_id):
                return NodeDescription(self.tenant_stats(tenant_id))
            case OrderOwnerChanged(order):
                self._revoke_order(await self.order_owners.refresh(order))
                return AffectedConnections(0)
            case _:
                assert_never(query)

    def stats(self) -> NodeStats:
        """Return the statistics of this node."""
        return self.collect_stats()

    def tenant_stats(self, tenant_id: str) -> NodeStats:
        """Return the statistics of this node without what belongs to other tenants."""
        return self.collect_tenant_stats(tenant_id)

    def on_disconnected(self) -> None:
        """Drop the cached owners of orders: changes of other nodes do not arrive any more."""
        self.order_owners.invalidate()

    async def resync(self) -> None:
        """Apply revocations and changes of owners that were missed while disconnected.

        Raises:
            StoreUnavailable: the store does not answer; the caller tries again.
        """
        await self.revocations.load()
        for connection in self.connection_manager.open_connections():
            if connection.identity is not None and self.revocations.is_revoked(connection.identity):
                connection.close(CloseCode.DISCONNECTED)
        for channel in list(self.hub.channels(ChannelKind.ORDER)):
            order = await self.order_owners.find(channel.tenant, channel.key)
            if order is not None:
                self._revoke_order(order)

    def _revoke_order(self, order: OrderOwnership) -> None:
        """Unsubscribe from an order those who may not see it any more."""
        channel = Channel(ChannelKind.ORDER, order.id, order.tenant_id)
        for subscriber in list(self.hub.subscribers(channel)):
            subscriber.on_order_owner_changed(order)

    def _list_connections(self, tenant_id: str, user_id: str | None) -> NodeConnections:
        found = list(self._connections_of(tenant_id, user_id))[::-1]
        return NodeConnections(
            [self._connection_info(*each) for each in found[:MAX_LISTED]], total=len(found)
        )

    def _list_channels(self, tenant_id: str) -> NodeChannels:
        subscribers = Counter(
            str(channel)
            for connection, _ in self._connections_of(tenant_id)
            for channel in connection.channels
            if channel.kind is not ChannelKind.PUBLIC
        )
        for channel in self.hub.channels(ChannelKind.PUBLIC):
            subscribers[str(channel)] = len(self.hub.subscribers(channel))
        return NodeChannels(dict(subscribers.most_common(MAX_CHANNELS_SENT)), len(subscribers))

    async def _explain_access(
        self, tenant_id: str, connection_id: str, name: str
    ) -> ChannelAccess | None:
        for connection, identity in self._find_connection(tenant_id, connection_id):
            try:
                channel = Channel.parse(name, identity.tenant_id)
            except RequestError:
                return _channel_access(name, False, AccessRule.MALFORMED)
            order = (
                await self.order_owners.find(channel.tenant, channel.key)
                if channel.kind is ChannelKind.ORDER
                else None
            )
            rule = evaluate(
                identity, channel, order, has_expired=identity.expires_at <= self.clock()
            )
            return _channel_access(name, channel in connection.channels, rule)
        return None

    def _disconnect(
        self, connections: Iterator[tuple[ServerConnection, Identity]]
    ) -> AffectedConnections:
        found = [connection for connection, _ in connections]
        for connection in found:
            connection.close(CloseCode.DISCONNECTED)
        return AffectedConnections(len(found))

    def _connections_of(
        self, tenant_id: str, user_id: str | None = None
    ) -> Iterator[tuple[ServerConnection, Identity]]:
        for connection in self.connection_manager.open_connections():
            identity = connection.identity
            if identity is None or not tenant_id or identity.tenant_id != tenant_id:
                continue
            if user_id is None or identity.user_id == user_id:
                yield connection, identity

    def _find_connection(
        self, tenant_id: str, id: str
    ) -> Iterator[tuple[ServerConnection, Identity]]:
        return (found for found in self._connections_of(tenant_id) if found[0].id == id)

    def _connection_info(
        self, connection: ServerConnection, identity: Identity
    ) -> ConnectionInfo[str]:
        return ConnectionInfo(
            id=connection.id,
            user_id=identity.user_id,
            name=identity.name,
            role=identity.role or None,
            node=self.node_name,
            connected_at=format_timestamp(connection.opened_at),
            last_heard_at=format_timestamp(connection.last_received_at),
            channels=tuple(sorted(map(str, connection.channels))),
            messages_in=connection.messages_in,
            waiting_bytes=connection.send_queue.queued_bytes,
        )


def _channel_access(name: str, joined: bool, rule: AccessRule) -> ChannelAccess:
    return ChannelAccess(name, joined, rule.allows, rule, rule.explanation)
