"""The JSON of the server's admin routes, typed once for the server and for its clients.

A time is text for the server, which writes it with milliseconds, and a ``datetime`` for a
client: ``ConnectionInfo[str]`` and ``ConnectionInfo[datetime]`` are the same JSON.  Nodes of
a cluster also send some of these types to one another, so the names in the JSON must stay.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType, field

from protocol.monitoring import NodeStats

MAX_LISTED = 500
"""How many connections or channels are listed at most; ``total`` counts all of them."""

TimeT = TypeVar("TimeT")
NodeNames = tuple[str, ...]


class ConnectionInfo(Struct, Generic[TimeT], frozen=True):
    """One connection; ``role`` is None for a token without one."""

    id: str
    user_id: str
    name: str
    role: str | None
    node: str
    connected_at: TimeT
    last_heard_at: TimeT
    channels: tuple[str, ...]
    messages_in: int
    waiting_bytes: int


class ConnectionList(Struct, Generic[TimeT], frozen=True, omit_defaults=True):
    """``GET /api/connections``: the tenant's connections, newest first.

    ``unresponsive`` names the nodes that did not answer in time.
    """

    connections: tuple[ConnectionInfo[TimeT], ...]
    total: int
    unresponsive: NodeNames | UnsetType = field(default=UNSET, name="silent")


class ChannelInfo(Struct, frozen=True):
    """A channel and its subscribers: those of the tenant, or all if the channel is public."""

    kind: str
    name: str
    subscribers: int


class ChannelList(Struct, frozen=True, omit_defaults=True):
    """``GET /api/channels``: the channels with subscribers, those with the most first."""

    channels: tuple[ChannelInfo, ...]
    total: int
    unresponsive: NodeNames | UnsetType = field(default=UNSET, name="silent")


class NodeList(Struct, frozen=True):
    """``GET /api/nodes``: every node, as the monitor's ``stats`` message describes it."""

    nodes: tuple[NodeStats, ...]


class ChannelAccess(Struct, frozen=True):
    """``GET /api/connections/{id}/access``: a connection's access to a channel.

    ``joined``: it is subscribed; ``allowed``: it may subscribe, by ``rule``.
    """

    channel: str
    joined: bool
    allowed: bool
    rule: str
    explanation: str


class DisconnectRequest(Struct, frozen=True):
    """The body of ``POST /api/users/{id}/disconnect``; ``revoke`` also revokes the tokens."""

    revoke: bool = False


class DisconnectResult(Struct, frozen=True):
    """How many connections were closed."""

    disconnected: int
