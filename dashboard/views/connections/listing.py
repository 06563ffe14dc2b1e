"""The admin API's connection list: search, subscribers, messages and totals.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, islice, takewhile

from dashboard.state.channels import EVERYONE_ADDRESS
from dashboard.state.connection_events import ENDS
from dashboard.state.message_log import LoggedMessage, LogView
from protocol.admin_api import ConnectionInfo
from protocol.monitoring import ConnectionEvent

WARN_SHARE, BAD_SHARE = 0.5, 0.8  # of the limit of a send queue


def search_connections(
    connections: Iterable[ConnectionInfo[datetime]], search: str
) -> list[ConnectionInfo[datetime]]:
    """Return the connections that match every search term, the oldest first.

    A word is looked for in the id, the user, the name, the role, the node and the channels.
    """
    words = search.casefold().split()
    left = [c for c in connections if all(word in _search_text(c) for word in words)]
    return sorted(left, key=lambda c: (c.connected_at, c.id))


def find_end(events: Sequence[ConnectionEvent], search: str) -> ConnectionEvent | None:
    """Return the end of the latest connection of a user whose id or name was searched for.

    ``events`` are the oldest first.  None if the user is unknown, or has connected since.
    """
    wanted = search.strip().casefold()
    if not wanted:
        return None
    for event in reversed(events):
        if wanted in (event.user_id.casefold(), event.name.casefold()):
            return event if event.event in ENDS else None
    return None


def _search_text(connection: ConnectionInfo[datetime]) -> str:
    """Return the text that a search matches, casefolded."""
    c = connection
    return "\n".join((c.id, c.user_id, c.name, c.role or "", c.node, *c.channels)).casefold()


def find_subscribers(
    connections: Iterable[ConnectionInfo[datetime]], channel: str
) -> list[ConnectionInfo[datetime]]:
    """Return the connections that are subscribed to a channel.

    While no channel has exactly this name, those count whose name begins with it.
    """
    connections = list(connections)
    exact = [c for c in connections if channel in c.channels]
    return exact or [c for c in connections if any(n.startswith(channel) for n in c.channels)]


def queue_tone(queued: int, limit: int) -> str:
    """Return the tone of a send queue: how near its client is to being disconnected."""
    share = queued / limit
    return "ok" if share < WARN_SHARE else "warn" if share < BAD_SHARE else "bad"


def messages_for(
    connection: ConnectionInfo[datetime], log: LogView, limit: int
) -> list[LoggedMessage]:
    """Return the latest messages on the connection's channels and to everyone, newest first.

    A message from before it connected is left out.  One on a channel that it has joined since
    then is not: when it joined is not known.
    """
    channels = {*connection.channels, EVERYONE_ADDRESS}
    since = connection.connected_at.timestamp()
    sent_since = takewhile(lambda message: message.at >= since, log.newest_first())
    return list(islice((m for m in sent_since if m.channel in channels), limit))


def count_users(connections: Iterable[ConnectionInfo[datetime]], users: set[str]) -> int:
    """Count those of the users that are connected."""
    return len(users & {connection.user_id for connection in connections})


def user_names(
    connections: Iterable[ConnectionInfo[datetime]], *people: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """Return the known names by user id; a connection's goes before those of ``people``.

    ``people`` are ids and names, the most reliable first.
    """
    names: dict[str, str] = {}
    for id, name in chain(((c.user_id, c.name) for c in connections), *people):
        if id and name:
            names.setdefault(id, name)
    return names


def queued_bytes(connections: Iterable[ConnectionInfo[datetime]]) -> int:
    """Return the bytes in all send queues."""
    return sum(connection.waiting_bytes for connection in connections)
