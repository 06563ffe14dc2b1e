"""Queries that a node sends to all nodes, itself included, and their results.

``tenant_id`` is the tenant of the admin who asks: no node answers about another tenant.
The names on the wire stay when a class or a field is renamed: nodes of two versions may run
at the same time.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.admin_api import ChannelAccess, ConnectionInfo
from protocol.monitoring import NodeStats
from server.stores.base import OrderOwnership


class ListConnections(Struct, frozen=True, tag="ListConnections"):
    """List the connections of a tenant, or of one of its users."""

    tenant_id: str
    user_id: str | None


class ListChannels(Struct, frozen=True, tag="ListChannels"):
    """List the channels of a tenant's connections, and all public channels."""

    tenant_id: str


class ExplainAccess(Struct, frozen=True, tag="JudgeAccess"):
    """Explain a connection's access to a channel."""

    tenant_id: str
    connection_id: str
    channel: str


class DisconnectConnection(Struct, frozen=True, tag="HangUpOne"):
    """Close a connection."""

    tenant_id: str
    connection_id: str


class DisconnectUser(Struct, frozen=True, tag="HangUpUser"):
    """Close a user's connections; with ``revoked_at``, revoke the tokens issued until then."""

    tenant_id: str
    user_id: str
    revoked_at: float | None


class DescribeNode(Struct, frozen=True, tag="DescribeNode"):
    """Describe the node, without what belongs to other tenants."""

    tenant_id: str


class OrderOwnerChanged(Struct, frozen=True, tag="OrderMoved"):
    """Apply a change of owner: unsubscribe those who may not receive the order any more."""

    order: OrderOwnership


NodeQuery = (
    ListConnections
    | ListChannels
    | ExplainAccess
    | DisconnectConnection
    | DisconnectUser
    | OrderOwnerChanged
    | DescribeNode
)


class NodeConnections(Struct, frozen=True):
    """The newest connections, newest first, and how many there are in all."""

    connections: list[ConnectionInfo[str]]
    total: int


class NodeChannels(Struct, frozen=True):
    """The number of subscribers of the channels with the most, by name, and of all channels.

    ``total`` is None from a node of an earlier version, which sends all channels.
    """

    subscribers: dict[str, int]
    total: int | None = None


class AccessResult(Struct, frozen=True):
    """The explanation, or None from a node that does not have the connection."""

    access: ChannelAccess | None


class NodeDescription(Struct, frozen=True):
    """The statistics of a node, as far as a tenant may know them."""

    stats: NodeStats


class AffectedConnections(Struct, frozen=True):
    """How many connections were closed."""

    connections: int


NodeAnswer = NodeConnections | NodeChannels | AccessResult | AffectedConnections | NodeDescription
