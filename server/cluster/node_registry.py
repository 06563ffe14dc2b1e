"""The other nodes of the cluster, and what they have sent about themselves.  Pure.

Callers pass the current time, in seconds of any one clock.  A node without a heartbeat for
too long is removed, with all its connections; it may come back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from protocol.monitoring import NodeStats


class PeerNode(Struct):
    """Another node; ``joined_at`` is by its own clock."""

    name: str
    joined_at: float
    stats: NodeStats
    watched_tenants: frozenset[str]
    tenant_stats: dict[str, NodeStats]
    last_heartbeat_at: float


class NodeRegistry:
    """Knows the other nodes, by id."""

    def __init__(self) -> None:
        self.peers: dict[str, PeerNode] = {}
        self._counts_by_node: dict[str, dict[str, int]] = {}
        self._counts: Counter[str] = Counter()
        self._without_heartbeat: set[str] = set()  # they sent counts only, at the last check

    def update_node(self, id: str, peer: PeerNode) -> None:
        """Store the heartbeat of a node."""
        self.peers[id] = peer

    def update_counts(self, id: str, users: Mapping[str, int], is_all: bool) -> None:
        """Store how many connections users have on a node: all users, or those that changed."""
        if is_all:
            self._drop_counts(id)
        known = self._counts_by_node.setdefault(id, {})
        for user_id, number in users.items():
            self._counts[user_id] += number - known.pop(user_id, 0)
            if number:
                known[user_id] = number
            if not self._counts[user_id]:
                del self._counts[user_id]

    def connections_of(self, user_id: str) -> int:
        """Count a user's connections on all other nodes."""
        return self._counts[user_id]

    def connections_on(self, id: str) -> int:
        """Count the users' connections on one node, as far as it has announced them."""
        return sum(self._counts_by_node.get(id, {}).values())

    def remove(self, id: str) -> None:
        """Remove a node and its connections."""
        self.peers.pop(id, None)
        self._drop_counts(id)

    def remove_expired(self, now: float, timeout_s: float) -> list[str]:
        """Remove the nodes whose last heartbeat is ``timeout_s`` old; returns their ids.

        So are counts of a node that has sent no heartbeat between two checks: they were on
        their way when it left.
        """
        expired = [
            id for id, peer in self.peers.items() if now - peer.last_heartbeat_at >= timeout_s
        ]
        for id in expired:
            self.remove(id)
        unknown = self._counts_by_node.keys() - self.peers.keys()
        for id in unknown & self._without_heartbeat:
            self.remove(id)
        self._without_heartbeat = unknown - self._without_heartbeat
        return expired

    def clear(self) -> None:
        """Remove all nodes: this one is disconnected."""
        self.peers.clear()
        self._counts_by_node.clear()
        self._counts.clear()

    def _drop_counts(self, id: str) -> None:
        for user_id, number in self._counts_by_node.pop(id, {}).items():
            self._counts[user_id] -= number
            if not self._counts[user_id]:
                del self._counts[user_id]
