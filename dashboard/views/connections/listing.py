"""The admin API's connection list: search, sorting and totals.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from protocol.admin_api import ConnectionInfo


class ConnectionSort(StrEnum):
    """How the connections are sorted."""

    OLDEST = "longest"
    NEWEST = "newest"
    LARGEST_QUEUE = "waiting"
    MOST_CHANNELS = "channels"
    MOST_MESSAGES = "talkative"
    NAME = "name"


_SORT_KEYS: Mapping[ConnectionSort, Callable[[ConnectionInfo[datetime]], Any]] = {
    ConnectionSort.OLDEST: lambda c: c.connected_at,
    ConnectionSort.NEWEST: lambda c: -c.connected_at.timestamp(),
    ConnectionSort.LARGEST_QUEUE: lambda c: -c.waiting_bytes,
    ConnectionSort.MOST_CHANNELS: lambda c: -len(c.channels),
    ConnectionSort.MOST_MESSAGES: lambda c: -c.messages_in,
    ConnectionSort.NAME: lambda c: (c.name.casefold(), c.user_id),
}


def search_connections(
    connections: Iterable[ConnectionInfo[datetime]], search: str, sort: ConnectionSort
) -> list[ConnectionInfo[datetime]]:
    """Return the connections that match every search term, sorted; ties by connection time.

    A word is looked for in the id, the user, the name, the role, the node and the channels.
    """
    words = search.casefold().split()
    left = [c for c in connections if all(word in _search_text(c) for word in words)]
    return sorted(left, key=lambda c: (_SORT_KEYS[sort](c), c.connected_at, c.id))


def _search_text(connection: ConnectionInfo[datetime]) -> str:
    """Return the text that a search matches, casefolded."""
    c = connection
    return "\n".join((c.id, c.user_id, c.name, c.role or "", c.node, *c.channels)).casefold()


def count_users(connections: Iterable[ConnectionInfo[datetime]]) -> int:
    """Count distinct users."""
    return len({connection.user_id for connection in connections})


def queued_bytes(connections: Iterable[ConnectionInfo[datetime]]) -> int:
    """Return the bytes in all send queues."""
    return sum(connection.waiting_bytes for connection in connections)
