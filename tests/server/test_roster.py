"""What a server knows of the others, by what they tell."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.monitoring import NodeStats
from server.nodes.roster import Peer, Roster

STATS = NodeStats("a", 1.0, 0, 0, 0, 0, 0, 0, 0, 0, {}, {}, 0, 0.0, None)


def peer(name="a", since=0.0, heard_at=0.0, watched=()):
    return Peer(name, since, STATS, frozenset(watched), heard_at)


def test_connections_are_counted_over_all_other_servers():
    roster = Roster()
    roster.counted("a", {"olena": 2, "taras": 1}, is_all=True)
    roster.counted("b", {"olena": 1}, is_all=False)

    assert [roster.connections_of(user) for user in ("olena", "taras", "ivan")] == [3, 1, 0]
    assert roster.total_on("a") == 3


def test_a_server_that_is_silent_is_gone_with_its_connections():
    roster = Roster()
    roster.heard("a", peer(heard_at=0.0))
    roster.heard("b", peer(heard_at=1.0))
    roster.counted("a", {"olena": 2}, is_all=True)

    assert roster.pass_time(3.5, timeout_s=3.5) == ["a"]
    assert (list(roster.peers), roster.connections_of("olena")) == (["b"], 0)


def test_a_server_that_counts_all_again_corrects_what_was_missed():
    roster = Roster()
    roster.counted("a", {"olena": 2, "taras": 1}, is_all=True)
    roster.counted("a", {"taras": 3}, is_all=True)

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
    roster, truth = Roster(), {"a": {}, "b": {}, "c": {}}
    for node, users, is_all in told:
        roster.counted(node, users, is_all)
        truth[node] = ({} if is_all else truth[node]) | users

    for user in ("olena", "taras"):
        assert roster.connections_of(user) == sum(users.get(user, 0) for users in truth.values())
    for node, users in truth.items():
        assert roster.total_on(node) == sum(users.values())
    for node in truth:
        roster.gone(node)
    assert roster._elsewhere == {}
