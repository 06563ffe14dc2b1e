"""What a server knows of the others, by what they tell."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.monitoring import NodeStats
from server.cluster.node_registry import NodeRegistry, PeerNode

STATS = NodeStats("a", 1.0, 0, 0, 0, 0, 0, 0, 0, 0, {}, {}, 0, 0.0, None)


def peer(name="a", since=0.0, heard_at=0.0, watched=()):
    return PeerNode(name, since, STATS, frozenset(watched), heard_at)


def test_connections_are_counted_over_all_other_servers():
    roster = NodeRegistry()
    roster.update_counts("a", {"olena": 2, "taras": 1}, is_all=True)
    roster.update_counts("b", {"olena": 1}, is_all=False)

    assert [roster.connections_of(user) for user in ("olena", "taras", "ivan")] == [3, 1, 0]
    assert roster.connections_on("a") == 3


def test_a_server_that_is_silent_is_gone_with_its_connections():
    roster = NodeRegistry()
    roster.update_node("a", peer(heard_at=0.0))
    roster.update_node("b", peer(heard_at=1.0))
    roster.update_counts("a", {"olena": 2}, is_all=True)

    assert roster.remove_expired(3.5, timeout_s=3.5) == ["a"]
    assert (list(roster.peers), roster.connections_of("olena")) == (["b"], 0)


def test_a_server_that_counts_all_again_corrects_what_was_missed():
    roster = NodeRegistry()
    roster.update_counts("a", {"olena": 2, "taras": 1}, is_all=True)
    roster.update_counts("a", {"taras": 3}, is_all=True)

    assert (roster.connections_of("olena"), roster.connections_of("taras")) == (0, 3)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.dictionaries(st.sampled_from(["olena", "taras"]), st.integers(0, 3)),
            st.booleans(),
        )
    )
)
def test_whatever_is_told_the_sum_is_that_of_the_last_told(told):
    roster, truth = NodeRegistry(), {"a": {}, "b": {}, "c": {}}
    for node, users, is_all in told:
        roster.update_counts(node, users, is_all)
        truth[node] = ({} if is_all else truth[node]) | users

    for user in ("olena", "taras"):
        assert roster.connections_of(user) == sum(users.get(user, 0) for users in truth.values())
    for node, users in truth.items():
        assert roster.connections_on(node) == sum(users.values())
    for node in truth:
        roster.remove(node)
    assert roster._counts == {}
