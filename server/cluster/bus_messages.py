"""The messages of the cluster's bus, in MessagePack.

Nodes of two versions may run at the same time during an update.  A node ignores messages
that it cannot decode, and the names on the wire stay when a class or a field is renamed.
"""

from __future__ import annotations

import contextlib

import msgspec
from msgspec import Struct, field

from protocol.monitoring import ConnectionEvent, NodeStats, RefusedRequest
from server.cluster.node_queries import NodeQuery


class Hello(Struct, frozen=True, tag="Hello"):
    """A node has connected and asks all others for a heartbeat."""


class NodeHeartbeat(Struct, frozen=True, tag="Here"):
    """A node is running; sent every second.

    ``connections_in_use`` counts against the limits of users, and ``watched_tenants`` are
    those whose monitor channels have subscribers there.  ``tenant_stats`` are the statistics
    for the tenants that are watched on any node, without what belongs to other tenants.
    """

    name: str
    joined_at: float = field(name="since")
    stats: NodeStats
    connections_in_use: int = field(name="taken")
    watched_tenants: frozenset[str] = field(name="watched")
    tenant_stats: dict[str, NodeStats] = field(default_factory=dict)


class NodeLeft(Struct, frozen=True, tag="Gone"):
    """A node is about to stop."""


class UserConnectionCounts(Struct, frozen=True, tag="Users"):
    """How many connections users have on a node; ``is_all``: all users that have any."""

    numbers: dict[str, int]
    is_all: bool = False


class ChannelReach(Struct, frozen=True):
    """A channel's subscribers on a node, and the deliveries of each publication, by offset."""

    subscribers: int
    reached: list[tuple[int, int]]


class TenantReport(Struct, frozen=True, omit_defaults=True, tag="Reached"):
    """What happened on a node for a tenant since its last report, several times per second.

    ``channels`` has the deliveries of publications, by address.  ``events`` are those of
    connections, without ``events_left_out`` that did not fit.  ``has_new_watcher``: somebody
    has subscribed to the monitor channel.  ``refused`` are requests that were refused, without
    ``refused_left_out`` that did not fit.
    """

    tenant: str
    channels: dict[str, ChannelReach]
    events: tuple[ConnectionEvent, ...] = ()
    events_left_out: int = 0
    has_new_watcher: bool = False
    refused: tuple[RefusedRequest, ...] = ()
    refused_left_out: int = 0


class UserCountsRequest(Struct, frozen=True, tag="CountAgain"):
    """Asks a node for all its counts: they differ from those that arrived."""

    node: str


class QueryRequest(Struct, frozen=True, tag="Asked"):
    """A query to all nodes."""

    number: int
    query: NodeQuery = field(name="question")


class QueryResponse(Struct, frozen=True, tag="Answered"):
    """The encoded result of a query, sent to the asking node; None if the query failed."""

    number: int
    result: bytes | None = field(name="answer")


BusMessage = (
    Hello
    | NodeHeartbeat
    | NodeLeft
    | UserConnectionCounts
    | UserCountsRequest
    | QueryRequest
    | QueryResponse
    | TenantReport
)


class BusEnvelope(Struct, frozen=True, array_like=True):
    """Messages of one node, in order; its envelopes are numbered."""

    sender: str
    number: int
    messages: list[BusMessage]


_decoder = msgspec.msgpack.Decoder(BusEnvelope)


def encode(envelope: BusEnvelope) -> bytes:
    """Encode an envelope."""
    return msgspec.msgpack.encode(envelope)


class _RawEnvelope(Struct, array_like=True):
    sender: str
    number: int
    messages: list[msgspec.Raw]


_raw_decoder = msgspec.msgpack.Decoder(_RawEnvelope)
_message_decoder = msgspec.msgpack.Decoder(BusMessage)


class UnreadableEnvelope(ValueError):
    """Something else than an envelope."""


def decode(data: bytes) -> tuple[BusEnvelope, int]:
    """Decode an envelope; returns it with the number of messages that cannot be read.

    Raises:
        UnreadableEnvelope: it is no envelope.
    """
    with contextlib.suppress(Exception):
        return _decoder.decode(data), 0
    # It may be anything: a newer node or whoever reaches Redis can send it.
    try:
        raw = _raw_decoder.decode(data)
    except Exception as why:
        raise UnreadableEnvelope(str(why)) from why
    messages = []
    for each in raw.messages:
        with contextlib.suppress(Exception):
            messages.append(_message_decoder.decode(each))
    envelope = BusEnvelope(raw.sender, raw.number, messages)
    return envelope, len(raw.messages) - len(messages)
