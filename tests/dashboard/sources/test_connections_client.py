"""The client of a real server's admin API."""

import itertools
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
def client(server, token):
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
    """Wait until a condition is true; returns its value."""
    deadline = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def listed(client, count):
    def are_there():
        connections = client.latest().connections.connections
        return connections if len(connections) == count else None

    return until(are_there) if count else until(lambda: client.latest().at and are_there() == ())


def test_returns_the_last_result_at_once_and_fetches_the_next(client, connect):
    connect("olena")

    assert client.latest().at is None
    (olena,) = listed(client, 1)

    assert (olena.user_id, olena.role, olena.channels) == ("olena", "customer", ("user:olena",))


def test_keeps_the_last_result_and_reports_why_there_is_no_newer(client, connect, server):
    connect("olena")
    listed(client, 1)
    server.stop()

    error = until(lambda: client.latest().error)

    assert error == "cannot connect"
    assert len(client.latest().connections.connections) == 1


def test_returns_the_rule_that_allows_or_denies_a_channel(client, connect):
    connect("olena")
    (olena,) = listed(client, 1)

    access = client.check_access(olena.id, "tenant:shop")

    assert (access.joined, access.allowed, access.rule) == (False, False, "not_staff")
    assert client.check_access(olena.id, "user:olena").joined
    assert client.check_access(olena.id, "nonsense & more").rule == "malformed"


def test_disconnects_a_connection_once(client, connect):
    socket = connect("olena")
    (olena,) = listed(client, 1)

    assert client.disconnect(olena.id) == 1

    until(lambda: socket.status.close_code == 4003)
    with pytest.raises(ApiRequestError) as refused:
        client.disconnect(olena.id)
    assert refused.value.status == 404


def test_disconnects_all_connections_of_a_user_and_revokes_their_tokens(client, connect, token):
    sockets = [connect("olena"), connect("olena"), connect("taras")]
    listed(client, 3)

    assert client.disconnect_user("olena", revoke=True) == 2

    until(lambda: [socket.status.close_code for socket in sockets[:2]] == [4003, 4003])
    (left,) = listed(client, 1)
    assert left.user_id == "taras"


def test_an_unexpected_response_is_reported(launch_server, token):
    server = launch_server()
    client = ConnectionsClient(
        ApiClient(f"http://127.0.0.1:{server.port}/healthz?", lambda: token("boss", "admin"))
    )

    assert until(lambda: client.latest().error) == "unexpected response"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_asks_again_after_an_error_that_nobody_foresaw(site, token):
    calls = []

    def token_source():
        calls.append(None)
        if len(calls) == 1:
            raise KeyError("a bug")
        return token("boss", "admin")

    site.body = b'{"connections":[],"total":0}'
    client = ConnectionsClient(
        ApiClient(site.url, token_source), clock=itertools.count(1.0).__next__
    )

    assert until(lambda: client.latest().at)
