"""The admin API's connection list: search, sorting and totals.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct, field

MOST_LISTED = 500
"""How many the server lists at the most; ``total`` counts them all."""


class Connection(Struct, frozen=True):
    """One connection; ``role`` is None for a token without one."""

    id: str
    user_id: str
    name: str
    role: str | None
    node: str
    connected_at: datetime
    last_heard_at: datetime = field(name="last_heard_at")
    channels: tuple[str, ...]
    messages_in: int
    waiting_bytes: int = field(name="waiting_bytes")

    @property
    def words(self) -> str:
        """Text that a search matches, casefolded."""
        parts = (self.id, self.user_id, self.name, self.role or "", self.node, *self.channels)
        return "\n".join(parts).casefold()


class Attendance(Struct, frozen=True):
    """The tenant's newest 500 connections, and the total number."""

    connections: tuple[Connection, ...]
    total: int


class Access(Struct, frozen=True):
    """Whether a connection is subscribed to a channel, whether it may be, and the deciding rule."""

    channel: str
    joined: bool
    allowed: bool
    rule: str
    explanation: str


class Order(StrEnum):
    """How the connections are sorted."""

    LONGEST = "longest"
    NEWEST = "newest"
    WAITING = "waiting"
    CHANNELS = "channels"
    TALKATIVE = "talkative"
    NAME = "name"


_BY: Mapping[Order, Callable[[Connection], Any]] = {
    Order.LONGEST: lambda c: c.connected_at,
    Order.NEWEST: lambda c: -c.connected_at.timestamp(),
    Order.WAITING: lambda c: -c.waiting_bytes,
    Order.CHANNELS: lambda c: -len(c.channels),
    Order.TALKATIVE: lambda c: -c.messages_in,
    Order.NAME: lambda c: (c.name.casefold(), c.user_id),
}
_attendance = msgspec.json.Decoder(Attendance)
_access = msgspec.json.Decoder(Access)


def read(answer: bytes) -> Attendance:
    """Read the answer of ``GET /api/connections``.

    Raises:
        msgspec.DecodeError: it is another.
    """
    return _attendance.decode(answer)


def read_access(answer: bytes) -> Access:
    """Read the answer of ``GET /api/connections/{id}/access``.

    Raises:
        msgspec.DecodeError: it is another.
    """
    return _access.decode(answer)


def found(connections: Iterable[Connection], search: str, order: Order) -> list[Connection]:
    """Return the connections that match every search term, sorted; ties by connection time.

    A word is looked for in the id, the user, the name, the role, the node and the channels.
    """
    words = search.casefold().split()
    left = [c for c in connections if all(word in c.words for word in words)]
    return sorted(left, key=lambda c: (_BY[order](c), c.connected_at, c.id))


def subscriptions(connections: Iterable[Connection]) -> int:
    """Count the subscriptions of all connections."""
    return sum(len(connection.channels) for connection in connections)


def users(connections: Iterable[Connection]) -> int:
    """Count distinct users."""
    return len({connection.user_id for connection in connections})


def waiting(connections: Iterable[Connection]) -> int:
    """Return the bytes in all send queues."""
    return sum(connection.waiting_bytes for connection in connections)


def by_node(connections: Iterable[Connection]) -> dict[str, int]:
    """Count them by node, in the order of the nodes' names."""
    return dict(sorted(Counter(connection.node for connection in connections).items()))


def by_channel(connections: Iterable[Connection]) -> list[str]:
    """Name the channels that are heard, the most heard first."""
    heard = Counter(channel for connection in connections for channel in connection.channels)
    return [channel for channel, _ in sorted(heard.items(), key=lambda each: (-each[1], each[0]))]
