"""The roll call, of a real server."""

import time

import pytest

from client.http_client import ApiClient, ApiRequestError
from client.sync.client import ShopWebSocket
from dashboard.sources.connections_client import ConnectionsClient

WAIT_S = 20.0


@pytest.fixture
def server(launch_server):
    return launch_server()


@pytest.fixture
def roll_call(server, token):
    return ConnectionsClient(
        ApiClient(f"http://127.0.0.1:{server.port}", lambda: token("boss", "admin"))
    )


@pytest.fixture
def connect(server, token):
    sockets = []

    def go(user, role="customer"):
        socket = ShopWebSocket(f"ws://127.0.0.1:{server.port}/ws", lambda: token(user, role))
        sockets.append(socket)
        socket.connect(WAIT_S)
        return socket

    yield go
    for socket in sockets:
        socket.disconnect()


def until(condition):
    """Wait for what comes by itself; returns what it was."""
    deadline = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def listed(roll_call, count):
    def are_there():
        connections = roll_call.latest().connections.connections
        return connections if len(connections) == count else None

    return until(are_there) if count else until(lambda: roll_call.latest().at and are_there() == ())


def test_gives_the_last_answer_at_once_and_fetches_the_next(roll_call, connect):
    connect("olena")

    assert roll_call.latest().at is None
    (olena,) = listed(roll_call, 1)

    assert (olena.user_id, olena.role, olena.channels) == ("olena", "customer", ("user:olena",))


def test_says_why_there_is_no_newer_answer_and_keeps_the_last(roll_call, connect, server):
    connect("olena")
    listed(roll_call, 1)
    server.stop()

    trouble = until(lambda: roll_call.latest().error)

    assert trouble == "cannot connect"
    assert len(roll_call.latest().connections.connections) == 1


def test_asks_by_which_rule_a_client_hears_a_channel(roll_call, connect):
    connect("olena")
    (olena,) = listed(roll_call, 1)

    access = roll_call.check_access(olena.id, "tenant:shop")

    assert (access.joined, access.allowed, access.rule) == (False, False, "not_staff")
    assert roll_call.check_access(olena.id, "user:olena").joined
    assert roll_call.check_access(olena.id, "nonsense & more").rule == "malformed"


def test_ends_a_connection_once(roll_call, connect):
    socket = connect("olena")
    (olena,) = listed(roll_call, 1)

    assert roll_call.disconnect(olena.id) == 1

    until(lambda: socket.status.close_code == 4003)
    with pytest.raises(ApiRequestError) as refused:
        roll_call.disconnect(olena.id)
    assert refused.value.status == 404


def test_ends_all_of_a_users_connections_and_refuses_their_tokens(roll_call, connect, token):
    sockets = [connect("olena"), connect("olena"), connect("taras")]
    listed(roll_call, 3)

    assert roll_call.disconnect_user("olena", revoke=True) == 2

    until(lambda: [socket.status.close_code for socket in sockets[:2]] == [4003, 4003])
    (left,) = listed(roll_call, 1)
    assert left.user_id == "taras"


def test_an_answer_that_is_none_of_ours_is_told(launch_server, token):
    server = launch_server()
    roll_call = ConnectionsClient(
        ApiClient(f"http://127.0.0.1:{server.port}/healthz?", lambda: token("boss", "admin"))
    )

    assert until(lambda: roll_call.latest().error) == "unexpected response"
