"""What servers write to one another, and how it looks on the wire: MessagePack.

Servers of one cluster may differ in version while they are replaced: what cannot be read is
for those who can.  So the names on the wire stay when a class or a field is renamed.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from protocol.monitoring import NodeStats
from server.cluster.node_queries import NodeQuery


class Hello(Struct, frozen=True, tag="Hello"):
    """A server has begun to hear: everybody is to say who they are."""


class NodeHeartbeat(Struct, frozen=True, tag="Here"):
    """A server is there, since it joined, with so many places taken; said every second.

    ``watched`` are the tenants whose monitor channels have listeners there.
    """

    name: str
    since: float
    stats: NodeStats
    taken: int = field(name="taken")
    watched: frozenset[str]


class NodeLeft(Struct, frozen=True, tag="Gone"):
    """A server is about to end."""


class UserConnectionCounts(Struct, frozen=True, tag="Users"):
    """How many connections users have on a server; ``is_all``: and no others have any."""

    numbers: dict[str, int]
    is_all: bool = False


class ChannelReach(Struct, frozen=True):
    """How many hear a channel on a server, and how many each publication reached, by offset."""

    subscribers: int
    reached: list[tuple[int, int]]


class DeliveryReport(Struct, frozen=True, tag="Reached"):
    """Whom a tenant's publications reached on a server, by address."""

    tenant: str
    channels: dict[str, ChannelReach]


class UserCountsRequest(Struct, frozen=True, tag="CountAgain"):
    """One server's counts are not what was heard: it is to tell all of them."""

    node: str


class QueryRequest(Struct, frozen=True, tag="Asked"):
    """A question to all."""

    number: int
    question: NodeQuery = field(name="question")


class QueryResponse(Struct, frozen=True, tag="Answered"):
    """An answer to the one who asked, encoded; None from who could not answer."""

    number: int
    answer: bytes | None = field(name="answer")


BusMessage = (
    Hello
    | NodeHeartbeat
    | NodeLeft
    | UserConnectionCounts
    | UserCountsRequest
    | QueryRequest
    | QueryResponse
    | DeliveryReport
)


class BusEnvelope(Struct, frozen=True, array_like=True):
    """What a server has to say, in order; its letters are numbered."""

    sender: str
    number: int
    messages: list[BusMessage]


_decoder = msgspec.msgpack.Decoder(BusEnvelope)


def encode(envelope: BusEnvelope) -> bytes:
    """Encode a letter."""
    return msgspec.msgpack.encode(envelope)


def decode(data: bytes) -> BusEnvelope | None:
    """Decode a letter, or return None for one that cannot be read."""
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError:
        return None
