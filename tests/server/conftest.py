"""A real server in the test's own loop, and clients that talk to it over real sockets."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import WSMsgType

from protocol.publications import EVERYONE
from server.app import start_server
from server.settings import Settings
from server.supervisor import Supervisor
from tests.server.order_events import new_order

TIMEOUT_S = 20


class Client:
    """One WebSocket; `ask` returns the reply with the request's id, `next_event` the next event."""

    def __init__(self, socket):
        self.socket = socket
        self._number = 0
        self._unread_events = []

    async def send(self, raw):
        await self.socket.send_str(raw if isinstance(raw, str) else json.dumps(raw))

    async def receive(self):
        """Return the next message, or the close code."""
        frame = await asyncio.wait_for(self.socket.receive(), TIMEOUT_S)
        if frame.type is WSMsgType.TEXT:
            return json.loads(frame.data)
        return self.socket.close_code

    async def ask(self, type_, payload=None, **extra):
        self._number += 1
        id = f"r{self._number}"
        await self.send({"type": type_, "payload": payload or {}, "id": id, **extra})
        while True:
            message = await self.receive()
            if not isinstance(message, dict) or message.get("id") == id:
                return message
            self._unread_events.append(message)

    async def subscribe(self, channel, **wishes):
        return await self.ask("subscribe", {"channel": channel, **wishes})

    async def next_event(self, type_=None):
        """Return the next message that answered nothing, of this type if one is given."""
        while True:
            message = self._unread_events.pop(0) if self._unread_events else await self.receive()
            if type_ is None or not isinstance(message, dict) or message["type"] == type_:
                return message

    async def is_silent(self):
        """Tell whether nothing came before the answer to a ping."""
        reply = await self.ask("ping")
        return reply["type"] == "pong" and not self._unread_events

    async def close_code(self):
        """Wait until the server closes the connection."""
        while isinstance(message := await self.receive(), dict):
            pass
        return message


class Server:
    """A running server, seen from outside."""

    def __init__(self, port, http, stack, token):
        self.port, self._http, self._stack, self._token = port, http, stack, token
        self.url = f"http://127.0.0.1:{port}"

    async def connect(self, token=None, **options):
        url = f"{self.url}/ws" + (f"?token={token}" if token else "")
        socket = await self._http.ws_connect(url, autoclose=True, **options)
        self._stack.push_async_callback(socket.close)
        return Client(socket)

    async def raw_socket(self, at_once=b"", path="/ws"):
        """Return a TCP socket that has been upgraded and read nothing of what came after.

        ``at_once`` is sent with the request, as by a client that does not wait.
        """

        def upgrade():
            raw = socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S)
            raw.sendall(
                b"GET " + path.encode() + b" HTTP/1.1\r\n"
                b"Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
                + at_once
            )
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += raw.recv(1)
            return raw

        raw = await asyncio.to_thread(upgrade)
        self._stack.callback(raw.close)
        return raw

    async def sign_in(self, user_id="olena", role="customer", **claims):
        client = await self.connect(self._token(user_id, role, **claims))
        assert (await client.next_event())["type"] == "auth_success"
        return client

    async def request(self, method, path, token=None, headers=None, **options):
        """Return the status and the JSON of an answer."""
        headers = {"Authorization": f"Bearer {token}"} | (headers or {}) if token else headers
        async with self._http.request(method, self.url + path, headers=headers, **options) as got:
            return got.status, await got.json()

    async def read(self, path, **headers):
        """Return the content type and the text of an answer."""
        async with self._http.get(self.url + path, headers=headers) as got:
            return got.headers["Content-Type"], await got.text()

    async def publish(self, what, token=None, **options):
        token = token or self._token("svc", "service", tenants="*")
        return await self.request("POST", "/api/publish", token, json=what, **options)

    async def place_order(self, order_id, user_id, tenant_id="shop"):
        assert (await self.publish(new_order(order_id, user_id, tenant_id)))[0] == 200


class RecordingHandler:
    """Handles broker events for these channels and for everyone, and records them."""

    def __init__(self, *channels):
        self.channels = set(channels)
        self.received, self.gaps, self.mirrored = [], [], []
        self._changed = asyncio.Event()

    def on_publications(self, publications):
        addresses = (*self.channels, EVERYONE)
        self.received.extend(each for each in publications if each.to in addresses)
        self._changed.set()

    def on_history_lost(self, channel, position):
        """Record the channel, its new position, and how much was received before."""
        self.gaps.append((channel, position, len(self.received)))
        self._changed.set()

    def has_subscribers(self, channel):
        return channel in self.channels

    def on_mirrored(self, publications):
        self.mirrored.extend(publications)
        self._changed.set()

    async def until(self, condition):
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def count(self, number):
        """Wait until so many were received; returns all."""
        await self.until(lambda: len(self.received) >= number)
        return self.received


@pytest.fixture
def make_handler():
    """Make a handler of broker events."""
    return RecordingHandler


@pytest.fixture
async def serve(tmp_path, secret, token):
    """Start servers with the settings given; they and their clients end with the test."""
    async with AsyncExitStack() as stack:

        async def start(make_supervisor=Supervisor, **settings):
            usual = {"port": 0, "jwt_secret": secret, "data_dir": str(tmp_path)}
            usual["probe_lifetime_s"] = 0.0  # tests want the state of now
            wanted = Settings(**(usual | settings))
            port = await stack.enter_async_context(start_server(wanted, make_supervisor))
            http = await stack.enter_async_context(aiohttp.ClientSession())
            return Server(port, http, stack, token)

        yield start


@pytest.fixture
async def server(serve):
    return await serve()
