"""What one server asks all of them, itself included, and what each answers.

``tenant_id`` is always that of whoever wants to know: no server answers about another tenant.
The names on the wire, between servers of two versions and over HTTP, stay when a class or a
field is renamed.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.admin_api import ChannelAccess, ConnectionInfo
from server.stores.base import OrderOwnership


class ListConnections(Struct, frozen=True, tag="ListConnections"):
    """Which connections the tenant has there, or one of its users."""

    tenant_id: str
    user_id: str | None


class ListChannels(Struct, frozen=True, tag="ListChannels"):
    """Which channels the tenant's connections hear there, and which public ones anybody does."""

    tenant_id: str


class ExplainAccess(Struct, frozen=True, tag="JudgeAccess"):
    """Whether a connection hears a channel, and why, from whoever has the connection."""

    tenant_id: str
    connection_id: str
    channel: str


class DisconnectConnection(Struct, frozen=True, tag="HangUpOne"):
    """Hang up on a connection, whoever has it."""

    tenant_id: str
    connection_id: str


class DisconnectUser(Struct, frozen=True, tag="HangUpUser"):
    """Hang up on this user; with ``revoked_at``, refuse the tokens issued until then as well."""

    tenant_id: str
    user_id: str
    revoked_at: float | None


class OrderOwnerChanged(Struct, frozen=True, tag="OrderMoved"):
    """Take an order that has changed hands from those whom it is no longer for."""

    order: OrderOwnership


NodeQuery = (
    ListConnections
    | ListChannels
    | ExplainAccess
    | DisconnectConnection
    | DisconnectUser
    | OrderOwnerChanged
)


class NodeConnections(Struct, frozen=True):
    """The latest connections, the latest first, and how many there are in all."""

    connections: list[ConnectionInfo[str]]
    total: int


class NodeChannels(Struct, frozen=True):
    """How many connections hear each channel, by its name."""

    subscribers: dict[str, int]


class AccessResult(Struct, frozen=True):
    """What was judged, or None by all who do not have the connection."""

    access: ChannelAccess | None


class AffectedConnections(Struct, frozen=True):
    """On how many connections it was done."""

    connections: int


NodeAnswer = NodeConnections | NodeChannels | AccessResult | AffectedConnections
