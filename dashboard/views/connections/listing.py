"""The admin API's connection list: search, sorting and totals.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct, field

MAX_LISTED = 500
"""How many the server lists at the most; ``total`` counts them all."""


class ConnectionInfo(Struct, frozen=True):
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
    def search_text(self) -> str:
        """Text that a search matches, casefolded."""
        parts = (self.id, self.user_id, self.name, self.role or "", self.node, *self.channels)
        return "\n".join(parts).casefold()


class ConnectionList(Struct, frozen=True):
    """The tenant's newest 500 connections, and the total number."""

    connections: tuple[ConnectionInfo, ...]
    total: int


class ChannelAccess(Struct, frozen=True):
    """Whether a connection is subscribed to a channel, whether it may be, and the deciding rule."""

    channel: str
    joined: bool
    allowed: bool
    rule: str
    explanation: str


class ConnectionSort(StrEnum):
    """How the connections are sorted."""

    OLDEST = "longest"
    NEWEST = "newest"
    LARGEST_QUEUE = "waiting"
    MOST_CHANNELS = "channels"
    MOST_MESSAGES = "talkative"
    NAME = "name"


_SORT_KEYS: Mapping[ConnectionSort, Callable[[ConnectionInfo], Any]] = {
    ConnectionSort.OLDEST: lambda c: c.connected_at,
    ConnectionSort.NEWEST: lambda c: -c.connected_at.timestamp(),
    ConnectionSort.LARGEST_QUEUE: lambda c: -c.waiting_bytes,
    ConnectionSort.MOST_CHANNELS: lambda c: -len(c.channels),
    ConnectionSort.MOST_MESSAGES: lambda c: -c.messages_in,
    ConnectionSort.NAME: lambda c: (c.name.casefold(), c.user_id),
}
_connections_decoder = msgspec.json.Decoder(ConnectionList)
_access_decoder = msgspec.json.Decoder(ChannelAccess)


def decode_connections(answer: bytes) -> ConnectionList:
    """Read the answer of ``GET /api/connections``.

    Raises:
        msgspec.DecodeError: it is another.
    """
    return _connections_decoder.decode(answer)


def decode_access(answer: bytes) -> ChannelAccess:
    """Read the answer of ``GET /api/connections/{id}/access``.

    Raises:
        msgspec.DecodeError: it is another.
    """
    return _access_decoder.decode(answer)


def search_connections(
    connections: Iterable[ConnectionInfo], search: str, sort: ConnectionSort
) -> list[ConnectionInfo]:
    """Return the connections that match every search term, sorted; ties by connection time.

    A word is looked for in the id, the user, the name, the role, the node and the channels.
    """
    words = search.casefold().split()
    left = [c for c in connections if all(word in c.search_text for word in words)]
    return sorted(left, key=lambda c: (_SORT_KEYS[sort](c), c.connected_at, c.id))


def count_users(connections: Iterable[ConnectionInfo]) -> int:
    """Count distinct users."""
    return len({connection.user_id for connection in connections})


def queued_bytes(connections: Iterable[ConnectionInfo]) -> int:
    """Return the bytes in all send queues."""
    return sum(connection.waiting_bytes for connection in connections)
