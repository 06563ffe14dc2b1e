"""HTTP connections are limited for each address, and in all."""

import asyncio
import socket

import aiohttp
import pytest

from server.http.http_connections import (
    FIRST_REQUEST_TIMEOUT_S,
    KEEPALIVE_TIMEOUT_S,
    AddressLimiter,
    HttpConnections,
)

PROXY = "10.0.0.1"


class Handler:
    """A connection that can be dropped."""

    def __init__(self):
        self.address, self.is_aborted = None, False

    def abort(self):
        self.is_aborted = True


@pytest.fixture
def limiter():
    return AddressLimiter(2, [PROXY])


def test_an_address_has_a_limit_and_others_have_their_own(limiter):
    assert [limiter.acquire("a") for _ in range(3)] == [True, True, False]
    assert limiter.acquire("b")

    limiter.release("a")

    assert limiter.acquire("a")


def test_a_trusted_proxy_has_no_limit(limiter):
    assert all(limiter.acquire(PROXY) for _ in range(10))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("1.1.1.1", "", "1.1.1.1"),
        ("1.1.1.1", "2.2.2.2", "1.1.1.1"),
        (PROXY, "", PROXY),
        (PROXY, "2.2.2.2", "2.2.2.2"),
        (PROXY, "6.6.6.6, 2.2.2.2", "2.2.2.2"),
        (PROXY, f"6.6.6.6, 2.2.2.2, {PROXY}", "2.2.2.2"),
    ],
)
def test_only_a_trusted_proxy_may_name_the_client(limiter, peer, forwarded_for, client):
    assert limiter.client_address(peer, forwarded_for) == client


def test_above_the_limit_in_all_the_connection_idle_for_longest_is_dropped():
    connections = HttpConnections(AddressLimiter(100, []), lambda: 0.0, max_open=2)
    busy, idle, newest = Handler(), Handler(), Handler()
    for handler in (busy, idle):
        connections.add(handler, "a")
    connections.on_request(busy, is_over=False)

    connections.add(newest, "a")

    assert [each.is_aborted for each in (busy, idle, newest)] == [False, True, False]


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def test_a_connection_without_a_request_is_dropped_and_one_with_a_request_is_not(clock):
    connections = HttpConnections(AddressLimiter(100, []), clock)
    silent, busy = Handler(), Handler()
    for handler in (silent, busy):
        connections.add(handler, "a")
    connections.on_request(busy, is_over=False)

    clock.now += FIRST_REQUEST_TIMEOUT_S - 0.1
    connections.abort_expired()
    assert not silent.is_aborted
    clock.now += 1000.0
    connections.abort_expired()

    assert (silent.is_aborted, busy.is_aborted) == (True, False)


def test_a_connection_may_be_idle_for_a_while_after_each_request(clock):
    connections, handler = HttpConnections(AddressLimiter(100, []), clock), Handler()
    connections.add(handler, "a")
    for _ in range(2):
        clock.now += KEEPALIVE_TIMEOUT_S - 0.1
        connections.on_request(handler, is_over=False)
        connections.on_request(handler, is_over=True)
        connections.abort_expired()
        assert not handler.is_aborted

    clock.now += KEEPALIVE_TIMEOUT_S
    connections.abort_expired()

    assert handler.is_aborted


async def test_a_websocket_goes_on_counting_until_it_is_closed(serve):
    server = await serve(connections_per_address=2)
    first = await server.connect()
    await server.connect()
    with pytest.raises(aiohttp.ClientError):
        await server.connect()
    await first.socket.close()

    async with asyncio.timeout(20):
        while True:
            try:
                return await server.connect()
            except aiohttp.ClientError:
                await asyncio.sleep(0)


async def test_clients_behind_a_trusted_proxy_are_counted_one_by_one(serve, token):
    server = await serve(connections_per_address=1, trusted_proxies=("127.0.0.1",))
    await server.connect(headers={"X-Forwarded-For": "2.2.2.2"})
    await server.connect(headers={"X-Forwarded-For": "3.3.3.3"})

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await server.connect(headers={"X-Forwarded-For": "2.2.2.2"})

    assert refused.value.status == 503
    _, nodes = await server.request("GET", "/api/nodes", token("boss", "admin"))
    assert nodes["nodes"][0]["anonymous"] == {"refused": 1}


async def test_idle_http_connections_do_not_stop_a_websocket(serve):
    server = await serve(connections=5)

    def open_idle():
        raw = socket.create_connection(("127.0.0.1", server.port), 20)
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 200")
        return raw

    idle = await asyncio.to_thread(lambda: [open_idle() for _ in range(50)])

    assert await (await server.connect()).is_silent()
    for raw in idle:
        raw.close()
