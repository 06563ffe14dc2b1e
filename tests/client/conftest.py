"""A scripted shop on a real socket, and both clients with one blocking interface."""

import asyncio
import contextlib
import queue
import random
import threading
from collections import deque

import aiohttp
import msgspec
import pytest
from aiohttp import WSMsgType, web

from client.asyncio.client import AsyncShopWebSocket
from client.sync.client import ShopWebSocket
from protocol.codec import format_timestamp

TIMEOUT_S = 10.0  # of every wait


class NoJitter(random.Random):
    """Returns the lower bound, so that reconnecting takes no time."""

    def uniform(self, a, b):
        return a


class Loop:
    """An event loop on a thread of its own."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(TIMEOUT_S)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class ShopConnection:
    """One connection to the shop: its token and all that was sent on it."""

    def __init__(self, socket, token):
        self.socket, self.token = socket, token
        self.messages, self.pongs, self.code = [], 0, None

    def sent(self, type):
        return [message for message in self.messages if message["type"] == type]

    @property
    def channels(self):
        return [message["payload"]["channel"] for message in self.sent("subscribe")]


class Shop:
    """Implements a part of the protocol; attributes make it misbehave."""

    def __init__(self, loop):
        self._loop = loop
        self._changed = threading.Condition()
        self.connections = []
        self.statuses = deque()  # of the next upgrades, instead of a WebSocket
        self.closes = deque()  # codes with which the next connections end at once
        self.bad_tokens, self.forbidden, self.limited = set(), set(), set()
        self.expires_at = None
        self.is_mute = False
        self.port = loop.run(self._open())

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ws"

    def wait(self, condition):
        with self._changed:
            assert self._changed.wait_for(condition, TIMEOUT_S), "timeout"

    def wait_for_connection(self, number=1):
        self.wait(lambda: len(self.connections) >= number)
        return self.connections[number - 1]

    def wait_for_message(self, type, connection=None, number=1):
        where = connection or self.wait_for_connection()
        self.wait(lambda: len(where.sent(type)) >= number)
        return where.sent(type)[number - 1]

    def _latest(self):
        """Return the present connection; the client may know of it before the server does."""
        self.wait(lambda: self.connections)
        return self.connections[-1]

    def push(self, type, payload, **rest):
        self._loop.run(self._send(self._latest(), type, payload, **rest))

    def push_text(self, text):
        self._loop.run(self._latest().socket.send_str(text))

    def ping(self):
        self._loop.run(self._latest().socket.ping(b"are you there"))

    def close(self, code, reason=""):
        self._loop.run(self._latest().socket.close(code=code, message=reason.encode()))

    def sign_in(self):
        """Answer the sign-in that a mute shop left open."""
        self.is_mute = False
        self._loop.run(self._authorize(self._latest(), self._latest().token, None))

    def break_off(self):
        async def abort():
            self._latest().request.transport.abort()

        self._loop.run(abort())

    async def _open(self):
        app = web.Application()
        app.router.add_get("/ws", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return self._runner.addresses[0][1]

    def stop(self):
        self._loop.run(self._runner.cleanup())

    async def _handle(self, request):
        if self.statuses:
            self._record(
                lambda: self.connections.append(ShopConnection(None, request.query.get("token")))
            )
            return web.Response(status=self.statuses.popleft())
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = ShopConnection(socket, request.query.get("token"))
        connection.request = request
        self._record(lambda: self.connections.append(connection))
        if connection.token and not self.is_mute:
            await self._authorize(connection, connection.token, None)
        if self.closes:
            await socket.close(code=self.closes.popleft())
        async for frame in socket:
            if frame.type is WSMsgType.PONG:
                connection.pongs += 1
                self._record(lambda: None)
            elif frame.type is WSMsgType.TEXT:
                message = msgspec.json.decode(frame.data)
                self._record(lambda message=message: connection.messages.append(message))
                if not self.is_mute:
                    await self._answer(connection, message)
        self._record(lambda: setattr(connection, "code", socket.close_code))
        return socket

    async def _answer(self, connection, message):
        id, payload = message.get("id"), message["payload"]
        match message["type"]:
            case "ping":
                await self._send(connection, "pong", None, id=id)
            case "auth":
                await self._authorize(connection, payload["token"], id, self._position(payload))
            case "subscribe" if payload["channel"] in self.forbidden:
                refusal = {"code": "forbidden", "message": "Cannot access this channel"}
                await self._send(connection, "error", refusal, id=id)
            case "subscribe":
                position = self._position(payload)
                await self._send(
                    connection, "subscribed", {"channel": payload["channel"]} | position, id=id
                )
            case "unsubscribe":
                await self._send(connection, "unsubscribed", payload, id=id)
            case "chat_message":
                pass  # no reply
            case _:
                refusal = {"code": "unknown_type", "message": "Unknown message type"}
                await self._send(connection, "error", refusal, id=id)

    def _position(self, options):
        """Return the stream position of a recoverable channel; nothing is recovered."""
        if not options.get("recoverable"):
            return {}
        recovered = {"recovered": False} if "since" in options else {}
        return {"epoch": "e", "offset": 7} | recovered

    async def _authorize(self, connection, token, id, position=None):
        if token in self.bad_tokens:
            await self._send(connection, "auth_error", {"error": "Invalid or expired token"}, id=id)
            return
        payload = {"user_id": "olena"} | (position or {})
        if self.expires_at is not None:
            payload["expires_at"] = format_timestamp(self.expires_at)
        await self._send(connection, "auth_success", payload, id=id)

    async def _send(self, connection, type, payload, **rest):
        message = {"type": type} | {k: v for k, v in rest.items() if v is not None}
        message |= {} if payload is None else {"payload": payload}
        with contextlib.suppress(ConnectionError):
            await connection.socket.send_str(msgspec.json.encode(message).decode())

    def _record(self, change):
        with self._changed:
            change()
            self._changed.notify_all()


class Tokens:
    """A token source; each token differs from the last, and the next ``failures`` calls raise."""

    def __init__(self):
        self.given, self.failures = [], 0

    def __call__(self):
        if self.failures:
            self.failures -= 1
            raise RuntimeError("secret in the text of an error")
        self.given.append(f"secret-{len(self.given) + 1}")
        return self.given[-1]


class Blocking:
    """An ``AsyncShopWebSocket`` with the interface of the threaded one."""

    def __init__(self, loop, url, token=None, **options):
        self._loop = loop

        async def make():
            self._http = aiohttp.ClientSession()
            return AsyncShopWebSocket(url, token, http=self._http, **options)

        self._client = loop.run(make())
        self.on, self.on_raw, self.off = self._client.on, self._client.on_raw, self._client.off

    def connect(self, timeout=None):
        self._loop.run(self._client.connect(timeout))

    def disconnect(self):
        self._loop.run(self._client.disconnect())

    def request(self, *args, **options):
        return self._loop.run(self._client.request(*args, **options))

    def send(self, *args, **options):
        self._soon(self._client.send, *args, **options)

    def subscribe(self, channel, **options):
        self._soon(self._client.subscribe, channel, **options)

    def unsubscribe(self, channel):
        self._soon(self._client.unsubscribe, channel)

    @property
    def status(self):
        return self._client.status

    def close(self):
        self.disconnect()
        self._loop.run(self._http.close())

    def _soon(self, function, *args, **options):
        async def call():
            function(*args, **options)

        self._loop.run(call())


class Inbox:
    """A handler that lets a test wait for what it is called with."""

    def __init__(self):
        self._queue = queue.Queue()

    def __call__(self, item):
        self._queue.put(item)

    def next(self):
        return self._queue.get(timeout=TIMEOUT_S)

    def is_empty(self):
        return self._queue.empty()


@pytest.fixture
def loop():
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def shop(loop):
    shop = Shop(loop)
    yield shop
    shop.stop()


@pytest.fixture
def tokens():
    return Tokens()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture(params=["threaded", "aio"])
def make_client(request, shop, loop):
    """Build clients of either kind; a test reads the same for both."""
    made = []

    def make(token=None, **options):
        options = {"rng": NoJitter()} | options
        if request.param == "threaded":
            client = ShopWebSocket(shop.url, token, **options)
        else:
            client = Blocking(loop, shop.url, token, **options)
        made.append(client)
        return client

    yield make
    for client in made:
        getattr(client, "close", client.disconnect)()


@pytest.fixture
def make_threaded(shop):
    """Build clients of the threaded kind."""
    made = []

    def make(token=None, url=None):
        made.append(ShopWebSocket(url or shop.url, token, rng=NoJitter()))
        return made[-1]

    yield make
    for client in made:
        client.disconnect()


@pytest.fixture
def client(make_client, tokens):
    """A client that signs in."""
    return make_client(tokens)
