"""Which node of a cluster is the leader.

The leader is the node that joined first, so that it changes only when that node leaves.
There is no vote: every node finds the leader by the heartbeats in its registry.  A node that
was disconnected or paused for longer than the node timeout joins again, as the last one.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.cluster.node_registry import PeerNode


def joined_first(node_id: str, joined_at: float, peers: Mapping[str, PeerNode]) -> bool:
    """Whether a node joined before all others; of two at the same time, the smaller id did."""
    return all((joined_at, node_id) < (peer.joined_at, id) for id, peer in peers.items())
