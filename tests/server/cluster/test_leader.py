"""The node that joined first is the leader."""

import pytest

from protocol.monitoring import NodeStats
from server.cluster.leader import joined_first
from server.cluster.node_registry import PeerNode

STATS = NodeStats("a", 1.0, 0, 0, 0, 0, 0, 0, 0, 0, {}, {}, 0, 0.0, None)


def peer(joined_at):
    return PeerNode("a", joined_at, STATS, frozenset(), {}, last_heartbeat_at=0.0)


def test_a_node_without_peers_is_first():
    assert joined_first("b", 5.0, {})


@pytest.mark.parametrize(
    ("peers", "is_first"),
    [
        ({"a": peer(6.0)}, True),
        ({"a": peer(4.0)}, False),
        ({"c": peer(6.0), "d": peer(4.0)}, False),
        ({"c": peer(5.0)}, True),
        ({"a": peer(5.0)}, False),
    ],
)
def test_the_node_that_joined_first_is_first_and_of_two_the_one_with_the_smaller_id(
    peers, is_first
):
    assert joined_first("b", 5.0, peers) is is_first
