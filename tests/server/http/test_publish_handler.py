"""Publish requests get the same responses, in the same order, with and without aiohttp."""

import asyncio
import json
import re
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from server.http.publish_handler import PublishHandler

TIMEOUT_S = 20
NEWS = {
    "channel": "public:news",
    "type": "notification",
    "payload": {"id": "n_1", "title": "News", "body": "..."},
}
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def encode(token, publication=NEWS, **headers):
    body = publication if isinstance(publication, bytes) else json.dumps(publication).encode()
    lines = {"Authorization": f"Bearer {token}", "Content-Length": len(body), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return b"POST /api/publish HTTP/1.1\r\nHost: x\r\n" + head.encode() + b"\r\n" + body


class HttpConnection:
    """A connection that sends raw requests, and reads whole responses."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    async def send(self, data):
        self._writer.write(data)
        await self._writer.drain()

    async def response(self):
        """Return the next response without its date."""
        async with asyncio.timeout(TIMEOUT_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"Content-Length: (\d+)", head)[1])
            return re.sub(rb"Date: .*", b"", head) + await self._reader.readexactly(length)

    async def ask(self, data):
        await self.send(data)
        return await self.response()

    async def is_closed(self):
        async with asyncio.timeout(TIMEOUT_S):
            return await self._reader.read() == b""


@asynccontextmanager
async def connected(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield HttpConnection(reader, writer)
    finally:
        writer.close()


@pytest.fixture
def service(token):
    return token("svc", "service", tenants="*")


def sorted_lines(response):
    head, _, body = response.partition(b"\r\n\r\n")
    return sorted(head.split(b"\r\n")), body


async def test_the_responses_are_those_of_aiohttp(serve, service, token):
    server = await serve()
    requests = [
        encode(service),
        encode(service, [NEWS, NEWS]),
        encode(service, b"{"),
        encode(service, NEWS | {"type": "dance"}),
        encode(service, NEWS | {"channel": "news"}),
        encode("no.token"),
        encode(token("olena", "customer")),
        encode(service, Idempotency_Key="k1"),
        encode(service, Idempotency_Key="k1"),
        encode(service, [NEWS, NEWS], Idempotency_Key="k1"),
    ]
    async with connected(server.port) as plain, connected(server.port) as through_aiohttp:
        await through_aiohttp.ask(HEALTH)
        for request in requests:
            expected = sorted_lines(await through_aiohttp.ask(request))

            assert sorted_lines(await plain.ask(request)) == expected


async def test_refused_tokens_are_counted(serve):
    server = await serve()
    async with connected(server.port) as publisher:
        await publisher.ask(encode("no.token"))

    _, metrics = await server.read("/metrics")
    assert 'shop_ws_auth_failures_total{reason="401"} 1.0' in metrics


async def test_subscribers_get_what_is_published_and_a_key_counts_once(serve, service):
    server = await serve()
    client = await server.connect()
    await client.subscribe("public:news")
    async with connected(server.port) as publisher:
        for _ in range(2):
            response = await publisher.ask(encode(service, Idempotency_Key="k1"))
            assert response.endswith(b'{"accepted":1,"reached":1}')

    assert (await client.next_event())["type"] == "notification"
    assert await client.is_silent()


async def test_requests_sent_without_waiting_are_answered_in_order(serve, service):
    server = await serve()
    several = encode(service, [NEWS, NEWS])
    async with connected(server.port) as publisher:
        await publisher.send(encode(service))
        await publisher.send(several + HEALTH + encode(service))

        responses = [await publisher.response() for _ in range(4)]

    bodies = [response.rpartition(b"\r\n")[2] for response in responses]
    assert [body[:13] for body in bodies] == [
        b'{"accepted":1',
        b'{"accepted":2',
        b'{"status":"ok',
        b'{"accepted":1',
    ]


async def test_a_request_may_come_in_pieces(serve, service):
    server = await serve()
    request = encode(service)
    async with connected(server.port) as publisher:
        first = await publisher.ask(request)
        await publisher.send(request[:50])
        for byte in request[50:]:
            await publisher.send(bytes((byte,)))

        assert await publisher.response() == first
        assert await publisher.ask(request) == first


class Handlers:
    """A server whose plain requests are answered by the test, and the others by aiohttp."""

    def __init__(self):
        self.asked, self.answers = asyncio.Queue(), asyncio.Queue()

    async def answer_plain(self, _connection, request):
        self.asked.put_nowait(request)
        return await self.answers.get()

    async def answer(self, _request):
        return web.Response(text="aiohttp")

    @asynccontextmanager
    async def listening(self):
        loop = asyncio.get_running_loop()
        self.server = web.Server(self.answer)
        listener = await loop.create_server(
            lambda: PublishHandler(self.answer_plain, self.server, loop=loop), "127.0.0.1", 0
        )
        try:
            yield listener.sockets[0].getsockname()[1]
        finally:
            listener.close()
            await self.server.shutdown(0)


def response_with(body):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def test_what_comes_during_a_request_waits_for_its_response():
    handlers = Handlers()
    async with handlers.listening() as port, connected(port) as publisher:
        await publisher.send(encode("t"))
        await handlers.asked.get()
        await publisher.send(encode("t") + HEALTH)
        handlers.answers.put_nowait(response_with(b"plain"))

        responses = [await publisher.response() for _ in range(3)]

    assert [each.rpartition(b"\r\n")[2] for each in responses] == [b"plain", b"aiohttp", b"aiohttp"]


async def test_a_client_that_does_not_read_its_responses_is_left_to_aiohttp():
    handlers = Handlers()
    huge = b"x" * (1 << 25)  # more than sockets take
    async with handlers.listening() as port, connected(port) as publisher:
        handlers.answers.put_nowait(response_with(huge))
        await publisher.send(encode("t"))
        await handlers.asked.get()
        await publisher.send(encode("t"))

        assert (await publisher.response()).endswith(huge)
        assert (await publisher.response()).endswith(b"aiohttp")


async def test_a_request_is_answered_although_the_server_stops():
    handlers = Handlers()
    async with handlers.listening() as port, connected(port) as publisher:
        await publisher.send(encode("t"))
        await handlers.asked.get()
        handlers.server.pre_shutdown()
        stopping = asyncio.create_task(handlers.server.shutdown(TIMEOUT_S))
        await asyncio.sleep(0)
        handlers.answers.put_nowait(response_with(b"plain"))

        assert (await publisher.response()).endswith(b"plain")
        assert await publisher.is_closed()
        await stopping


async def test_a_client_that_is_gone_gets_no_response():
    handlers = Handlers()
    async with handlers.listening() as port:
        async with connected(port) as publisher:
            await publisher.send(encode("t"))
            await handlers.asked.get()
        while handlers.server.connections:
            await asyncio.sleep(0)

        handlers.answers.put_nowait(response_with(b"plain"))

        async with connected(port) as another:
            handlers.answers.put_nowait(response_with(b"for another"))
            assert (await another.ask(encode("t"))).endswith(b"for another")
