"""Connected clients."""

from datetime import datetime

import msgspec
import pytest

from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.views.connections import listing
from protocol.admin_api import ConnectionList
from protocol.monitoring import ConnectionEvent


def decode(answer):
    return msgspec.json.decode(answer, type=ConnectionList[datetime])


def connected(id, user="user_1", name="Олена", channels=("user:user_1",), **more):
    return {
        "id": id,
        "user_id": user,
        "name": name,
        "role": "customer",
        "node": "node-1",
        "connected_at": "2026-01-01T12:00:00.000Z",
        "last_heard_at": "2026-01-01T12:00:00.000Z",
        "channels": list(channels),
        "messages_in": 0,
        "waiting_bytes": 0,
        **more,
    }


@pytest.fixture
def connections():
    listed = [
        connected("c_1", connected_at="2026-01-01T12:00:01.000Z", messages_in=9),
        connected("c_2", "user_2", "Борис", ["user:user_2", "order:ord_7"], waiting_bytes=50),
        connected("c_3", "agent_1", "Марія", ["tenant:shop"], role="agent", node="node-2"),
    ]
    answer = msgspec.json.encode({"connections": listed, "total": 3})
    return decode(answer).connections


def ids(connections):
    return [connection.id for connection in connections]


def test_the_oldest_is_first(connections):
    assert ids(listing.search_connections(connections, ""))[0] == "c_2"
    assert listing.search_connections(connections, "") == listing.search_connections(
        reversed(connections), ""
    )


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ["c_1", "c_2", "c_3"]),
        ("МАРІЯ", ["c_3"]),
        ("ord_7", ["c_2"]),
        ("customer node-1", ["c_1", "c_2"]),
        ("customer tenant:", []),
        ("user_2", ["c_2"]),
        ("c_1", ["c_1"]),
    ],
)
def test_are_found_by_every_word_of_a_search(connections, search, expected):
    assert sorted(ids(listing.search_connections(connections, search))) == expected


def test_are_summed(connections):
    assert listing.queued_bytes(connections) == 50
    assert listing.count_users(connections, {"user_2", "user_9"}) == 1


def test_a_connection_without_a_role_can_be_listed():
    answer = msgspec.json.encode({"connections": [connected("c_1", role=None)], "total": 1})

    assert listing.search_connections(decode(answer).connections, "olena") == []


def test_another_response_is_refused():
    with pytest.raises(msgspec.DecodeError):
        decode(b'{"connections": [{}]}')


def test_the_subscribers_of_a_channel_are_found_by_its_whole_name_first(connections):
    assert ids(listing.find_subscribers(connections, "user:user_1")) == ["c_1"]
    assert ids(listing.find_subscribers(connections, "user:")) == ["c_1", "c_2"]
    assert listing.find_subscribers(connections, "order:ord_8") == []


@pytest.mark.parametrize(
    ("queued", "tone"), [(0, "ok"), (499, "ok"), (500, "warn"), (799, "warn"), (800, "bad")]
)
def test_a_send_queue_is_amber_from_half_of_its_limit_and_red_from_four_fifths(queued, tone):
    assert listing.queue_tone(queued, 1000) == tone


def test_the_messages_of_a_client_are_those_on_its_channels_since_it_connected(connections):
    since = connections[1].connected_at.timestamp()
    log = LogView.from_messages(
        tuple(
            LoggedMessage(seq, since + after, channel, "order_update", 1, b"{}")
            for seq, (after, channel) in enumerate(
                [(-1, "user:user_2"), (1, "*"), (2, "user:user_1"), (3, "order:ord_7")], 1
            )
        )
    )

    assert [m.seq for m in listing.messages_for(connections[1], log, 5)] == [4, 2]
    assert [m.seq for m in listing.messages_for(connections[1], log, 1)] == [4]


def test_a_user_has_the_name_of_the_connection_before_those_of_others(connections):
    people = [("user_1", "Інша"), ("user_9", "Сергій"), ("user_8", "")]

    names = listing.user_names(connections, people)

    assert (names["user_1"], names["user_9"]) == ("Олена", "Сергій")
    assert "user_8" not in names


def test_a_user_who_has_connected_again_has_not_left():
    def event(at, kind):
        return ConnectionEvent(at, kind, f"c_{at}", "user_1", "node-1", name="Олена")

    left = [event(1.0, "connected"), event(2.0, "closed")]

    assert listing.find_end(left, "олена") == left[-1]
    assert listing.find_end([*left, event(3.0, "connected")], "user_1") is None
