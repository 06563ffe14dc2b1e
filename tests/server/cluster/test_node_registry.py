"""What a node knows of the others, by the messages that they send."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.monitoring import NodeStats
from server.cluster.node_registry import NodeRegistry, PeerNode

STATS = NodeStats("a", 1.0, 0, 0, 0, 0, 0, 0, 0, 0, {}, {}, 0, 0.0, None)


def peer(name="a", joined_at=0.0, last_heartbeat_at=0.0, watched=()):
    return PeerNode(name, joined_at, STATS, frozenset(watched), {}, last_heartbeat_at)


def test_connections_are_counted_over_all_other_nodes():
    registry = NodeRegistry()
    registry.update_counts("a", {"olena": 2, "taras": 1}, is_all=True)
    registry.update_counts("b", {"olena": 1}, is_all=False)

    assert [registry.connections_of(user) for user in ("olena", "taras", "ivan")] == [3, 1, 0]
    assert registry.connections_on("a") == 3


def test_a_node_without_heartbeats_is_removed_with_its_connections():
    registry = NodeRegistry()
    registry.update_node("a", peer(last_heartbeat_at=0.0))
    registry.update_node("b", peer(last_heartbeat_at=1.0))
    registry.update_counts("a", {"olena": 2}, is_all=True)

    assert registry.remove_expired(3.5, timeout_s=3.5) == ["a"]
    assert (list(registry.peers), registry.connections_of("olena")) == (["b"], 0)


def test_counts_that_arrive_after_a_node_has_left_are_forgotten_at_the_second_check():
    registry = NodeRegistry()
    registry.update_node("a", peer())
    registry.remove("a")
    registry.update_counts("a", {"olena": 2}, is_all=False)

    registry.remove_expired(1.0, timeout_s=3.5)
    assert registry.connections_of("olena") == 2  # its heartbeat may be on its way
    registry.remove_expired(2.0, timeout_s=3.5)

    assert registry.connections_of("olena") == 0


def test_a_node_that_sends_all_counts_corrects_what_was_missed():
    registry = NodeRegistry()
    registry.update_counts("a", {"olena": 2, "taras": 1}, is_all=True)
    registry.update_counts("a", {"taras": 3}, is_all=True)

    assert (registry.connections_of("olena"), registry.connections_of("taras")) == (0, 3)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.dictionaries(st.sampled_from(["olena", "taras"]), st.integers(0, 3)),
            st.booleans(),
        )
    )
)
def test_the_sum_is_always_that_of_the_latest_counts(updates):
    registry, expected = NodeRegistry(), {"a": {}, "b": {}, "c": {}}
    for node, users, is_all in updates:
        registry.update_counts(node, users, is_all)
        expected[node] = ({} if is_all else expected[node]) | users

    for user in ("olena", "taras"):
        assert registry.connections_of(user) == sum(
            users.get(user, 0) for users in expected.values()
        )
    for node, users in expected.items():
        assert registry.connections_on(node) == sum(users.values())
    for node in expected:
        registry.remove(node)
    assert registry._counts == {}
