"""The roll call, of a real server."""

import time
from functools import partial

import pytest

from client.threaded import ShopWebSocket
from dashboard.ask import Asker, Unanswered
from dashboard.roll_call import RollCall

WAIT_S = 20.0


@pytest.fixture
def own_server(launch_server):
    return launch_server()


@pytest.fixture
def server(request):
    return request.getfixturevalue(getattr(request, "param", "shared_server"))


@pytest.fixture
def roll_call(server, token, tenant):
    address = f"http://127.0.0.1:{server.port}"
    return RollCall(Asker(address, lambda: token("boss", "admin", tenant_id=tenant)))


@pytest.fixture
def connect(server, token, tenant):
    sockets = []

    def go(user):
        tokens = partial(token, user, tenant_id=tenant)
        socket = ShopWebSocket(f"ws://127.0.0.1:{server.port}/ws", tokens)
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
        connections = roll_call.latest().attendance.connections
        return connections if len(connections) == count else None

    return until(are_there) if count else until(lambda: roll_call.latest().at and are_there() == ())


def test_gives_the_last_answer_at_once_and_fetches_the_next(roll_call, connect):
    connect("olena")

    assert roll_call.latest().at is None
    (olena,) = listed(roll_call, 1)

    assert (olena.user_id, olena.role, olena.channels) == ("olena", "customer", ("user:olena",))


@pytest.mark.parametrize("server", ["own_server"], indirect=True)
def test_says_why_there_is_no_newer_answer_and_keeps_the_last(roll_call, connect, server):
    connect("olena")
    listed(roll_call, 1)
    server.stop()

    trouble = until(lambda: roll_call.latest().trouble)

    assert trouble == "nobody answers"
    assert len(roll_call.latest().attendance.connections) == 1


def test_asks_by_which_rule_a_client_hears_a_channel(roll_call, connect, tenant):
    connect("olena")
    (olena,) = listed(roll_call, 1)

    access = roll_call.access(olena.id, f"tenant:{tenant}")

    assert (access.joined, access.allowed, access.rule) == (False, False, "not_staff")
    assert roll_call.access(olena.id, "user:olena").joined
    assert roll_call.access(olena.id, "nonsense & more").rule == "malformed"


def test_ends_a_connection_once(roll_call, connect):
    socket = connect("olena")
    (olena,) = listed(roll_call, 1)

    assert roll_call.disconnect(olena.id) == 1

    until(lambda: socket.status.close_code == 4003)
    with pytest.raises(Unanswered) as refused:
        roll_call.disconnect(olena.id)
    assert refused.value.status == 404


def test_ends_all_of_a_users_connections_and_refuses_their_tokens(roll_call, connect):
    sockets = [connect("olena"), connect("olena"), connect("taras")]
    listed(roll_call, 3)

    assert roll_call.disconnect_user("olena", revoke=True) == 2

    until(lambda: [socket.status.close_code for socket in sockets[:2]] == [4003, 4003])
    (left,) = listed(roll_call, 1)
    assert left.user_id == "taras"


def test_an_answer_that_is_none_of_ours_is_told(server, token):
    roll_call = RollCall(
        Asker(f"http://127.0.0.1:{server.port}/healthz?", lambda: token("boss", "admin"))
    )

    assert until(lambda: roll_call.latest().trouble) == "its answer is not understood"
