"""Connected clients."""

import msgspec
import pytest

from dashboard.views.connections import listing
from dashboard.views.connections.listing import ConnectionSort


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
    return listing.decode_connections(answer).connections


def ids(connections):
    return [connection.id for connection in connections]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (ConnectionSort.OLDEST, "c_2"),
        (ConnectionSort.NEWEST, "c_1"),
        (ConnectionSort.LARGEST_QUEUE, "c_2"),
        (ConnectionSort.MOST_CHANNELS, "c_2"),
        (ConnectionSort.MOST_MESSAGES, "c_1"),
        (ConnectionSort.NAME, "c_2"),
    ],
)
def test_are_sorted(connections, order, first):
    assert ids(listing.search_connections(connections, "", order))[0] == first


@pytest.mark.parametrize("order", ConnectionSort)
def test_with_equal_keys_keep_their_order(connections, order):
    assert listing.search_connections(connections, "", order) == listing.search_connections(
        reversed(connections), "", order
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
    assert (
        sorted(ids(listing.search_connections(connections, search, ConnectionSort.OLDEST)))
        == expected
    )


def test_are_summed(connections):
    assert listing.queued_bytes(connections) == 50


def test_a_connection_without_a_role_can_be_listed():
    answer = msgspec.json.encode({"connections": [connected("c_1", role=None)], "total": 1})

    assert (
        listing.search_connections(
            listing.decode_connections(answer).connections, "olena", ConnectionSort.NAME
        )
        == []
    )


def test_another_response_is_refused():
    with pytest.raises(msgspec.DecodeError):
        listing.decode_connections(b'{"connections": [{}]}')
