"""Which other servers there are, and what they have told of themselves.  Pure.

Told the time in seconds of any one clock.  A server that has been silent for too long counts
as gone, with all its connections; it may come back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from protocol.monitoring import NodeStats


class Peer(Struct):
    """Another server; ``since`` is when it joined, by its own clock."""

    name: str
    since: float
    stats: NodeStats
    watched: frozenset[str]
    heard_at: float


class Roster:
    """Remembers the other servers, by id."""

    def __init__(self) -> None:
        self.peers: dict[str, Peer] = {}
        self._users: dict[str, dict[str, int]] = {}
        self._elsewhere: Counter[str] = Counter()

    def heard(self, id: str, peer: Peer) -> None:
        """Take what a server says of itself."""
        self.peers[id] = peer

    def counted(self, id: str, users: Mapping[str, int], is_all: bool) -> None:
        """Take how many connections users have there: all users there, or those that changed."""
        if is_all:
            self._drop_users(id)
        known = self._users.setdefault(id, {})
        for user_id, number in users.items():
            self._elsewhere[user_id] += number - known.pop(user_id, 0)
            if number:
                known[user_id] = number
            if not self._elsewhere[user_id]:
                del self._elsewhere[user_id]

    def connections_of(self, user_id: str) -> int:
        """Count a user's connections on all other servers."""
        return self._elsewhere[user_id]

    def is_older(self, since: float, id: str) -> bool:
        """Tell whether a server that joined then, with this id, was there before all others."""
        return all((since, id) < (peer.since, other) for other, peer in self.peers.items())

    def total_on(self, id: str) -> int:
        """Count the users' connections on one server, as far as it has told."""
        return sum(self._users.get(id, {}).values())

    def gone(self, id: str) -> None:
        """Forget a server and its connections."""
        self.peers.pop(id, None)
        self._drop_users(id)

    def pass_time(self, now: float, timeout_s: float) -> list[str]:
        """Forget those that have been silent for so long; returns their ids."""
        silent = [id for id, peer in self.peers.items() if now - peer.heard_at >= timeout_s]
        for id in silent:
            self.gone(id)
        return silent

    def clear(self) -> None:
        """Forget everybody: nothing is heard any more."""
        self.peers.clear()
        self._users.clear()
        self._elsewhere.clear()

    def _drop_users(self, id: str) -> None:
        for user_id, number in self._users.pop(id, {}).items():
            self._elsewhere[user_id] -= number
            if not self._elsewhere[user_id]:
                del self._elsewhere[user_id]
