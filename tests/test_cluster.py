"""A cluster as processes: two servers on a Redis that dies, hangs and is cut off."""

import asyncio
import contextlib
import re
import signal
import time
from itertools import pairwise

import aiohttp
import pytest

from client.asyncio.client import AsyncShopWebSocket
from client.sans_io.connection_state import ConnectionState

TIMEOUT_S = 60
RATE = 200  # messages a second
ORDERS = "tenant:shop"
SAFE = ("--appendonly", "yes", "--appendfsync", "always")


class Proxy:
    """A TCP proxy that can cut and stall; goes to the first target that answers."""

    def __init__(self, *targets):
        self._targets = targets
        self._pairs = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        self.cut()
        self._flows.set()

    def cut(self):
        """Break every connection, and every new one."""
        self._is_cut = True
        for writer in list(self._pairs):
            writer.transport.abort()

    def repair(self):
        self._is_cut = False

    def stall(self):
        """Let nothing through, and tell nobody."""
        self._flows.clear()

    def go_on(self):
        self._flows.set()

    async def _serve(self, reader, writer):
        ends = {writer}
        try:
            if not self._is_cut:
                there_reader, there = await self._reach()
                ends.add(there)
                self._pairs |= ends
                await asyncio.gather(self._pump(reader, there), self._pump(there_reader, writer))
        except OSError:
            pass
        finally:
            self._pairs -= ends
            for end in ends:
                end.transport.abort()

    async def _reach(self):
        for target in self._targets[:-1]:
            with contextlib.suppress(OSError):
                return await self._open(target)
        return await self._open(self._targets[-1])

    @staticmethod
    async def _open(target):
        if isinstance(target, str):
            return await asyncio.open_unix_connection(target)
        return await asyncio.open_connection("127.0.0.1", target)

    async def _pump(self, reader, writer):
        while data := await reader.read(1 << 16):
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        writer.transport.abort()


class Subscriber:
    """An agent who misses nothing: what came, and how often there was a connection."""

    def __init__(self, client):
        self.client = client
        self.received, self.gaps, self.connections = [], [], 0
        self._changed = asyncio.Event()
        client.on("inventory_alert", lambda payload: self._record(payload["current_quantity"]))
        client.on("gap", lambda payload: self.gaps.append(payload["channel"]))
        client.on("auth_success", lambda _: self._connected())
        client.on("subscribed", lambda _: self._changed.set())

    def _record(self, number):
        self.received.append(number)
        self._changed.set()

    def _connected(self):
        self.connections += 1
        self._changed.set()

    async def join(self, channel):
        joined = asyncio.Event()
        self.client.on("subscribed", lambda _: joined.set())
        self.client.subscribe(channel, recoverable=True)
        await self.client.connect(TIMEOUT_S)
        await asyncio.wait_for(joined.wait(), TIMEOUT_S)

    async def until(self, condition):
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
def start_nodes(launch, redis_prefix):
    """Start both servers of the cluster, which reach Redis at an address."""

    async def start(url, **settings):
        settings |= {"WORKBENCH_REDIS_URL": url, "WORKBENCH_REDIS_PREFIX": redis_prefix}
        return await asyncio.gather(
            *(asyncio.to_thread(launch.server, **settings) for _ in range(2))
        )

    return start


@pytest.fixture
async def subscribe(http, token):
    """Have agents listen at a port, recoverably."""
    subscribers = []

    async def start(port, user="agent"):
        address = f"ws://127.0.0.1:{port}/ws"
        client = AsyncShopWebSocket(address, lambda: token(user, "agent"), http=http)
        subscribers.append(Subscriber(client))
        await subscribers[-1].join(ORDERS)
        return subscribers[-1]

    yield start
    for subscriber in subscribers:
        await subscriber.client.disconnect()


class Publisher:
    """Publishes numbers on one server, at most `RATE` per second, and records each answer."""

    def __init__(self, http, port, token):
        self._http, self._url = http, f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {token('svc', 'service', tenants='*')}"}
        self.sent, self.answered = {}, {}  # when
        self.answers = {}

    async def publish(self, number):
        payload = {
            "product_id": "p", "product_name": "Чайник", "sku": "T", "location": "kyiv",
            "current_quantity": number, "threshold": 1, "alert_type": "low_stock",
        }  # fmt: skip
        what = {"channel": ORDERS, "type": "inventory_alert", "payload": payload}
        self.sent[number] = time.monotonic()
        async with self._http.post(
            f"{self._url}/api/publish", json=what, headers=self._headers
        ) as answer:
            self.answers[number] = answer.status, answer.headers.get("Retry-After")
            self.answered[number] = time.monotonic()

    async def go_on(self, until):
        """Publish until the event is set, and wait for all answers; a late one delays no other.

        A busy machine that falls behind does not catch up in a burst, which it could not take.
        """
        async with asyncio.TaskGroup() as group:
            number = len(self.sent)
            while not until.is_set():
                group.create_task(self.publish(number))
                number += 1
                await asyncio.sleep(1 / RATE)

    @property
    def refused(self):
        return {n: answer for n, answer in self.answers.items() if answer[0] != 200}

    async def until(self, condition):
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                await asyncio.sleep(0.02)

    @property
    def accepted(self):
        return [number for number, (status, _) in sorted(self.answers.items()) if status == 200]

    async def readiness(self):
        async with self._http.get(f"{self._url}/readyz") as answer:
            return answer.status

    async def wait_for_readiness(self, status):
        async with asyncio.timeout(TIMEOUT_S):
            while await self.readiness() != status:
                await asyncio.sleep(0.05)


def kill(redis, proxy):
    redis.kill()
    return redis.start


def cut(redis, proxy):
    proxy.cut()
    return proxy.repair


def stall(redis, proxy):
    proxy.stall()
    return proxy.go_on


@pytest.mark.parametrize("fault", [kill, cut, stall])
async def test_an_outage_of_redis_costs_no_connection_and_nothing_that_was_accepted(
    fault, start_redis, start_nodes, subscribe, http, token
):
    redis = start_redis(*SAFE)
    async with Proxy(redis.path) as proxy:
        address = f"redis://127.0.0.1:{proxy.port}/0"
        a, b = await start_nodes(address)
        listeners = [await subscribe(node.port) for node in (a, b, b)]
        publisher, done = Publisher(http, a.port, token), asyncio.Event()
        publishing = asyncio.create_task(publisher.go_on(done))
        await listeners[1].until(lambda: len(listeners[1].received) > RATE / 2)

        began, repair = time.monotonic(), fault(redis, proxy)
        await publisher.wait_for_readiness(503)
        for node in (a, b):
            await asyncio.to_thread(node.wait_for, "redis pub/sub disconnected")
        await publisher.until(lambda: len(publisher.refused) > RATE / 4)
        repair()
        ended = time.monotonic()
        await publisher.wait_for_readiness(200)
        before = len(publisher.sent)
        await publisher.until(lambda: len(publisher.sent) > before + RATE / 2)
        done.set()
        await publishing
        accepted = set(publisher.accepted)
        for listener in listeners:
            await listener.until(lambda received=listener.received: accepted <= set(received))

    refused = publisher.refused
    outside = [n for n, at in publisher.sent.items() if publisher.answered[n] < began or at > ended]
    received = listeners[0].received
    assert set(refused.values()) == {(503, "1")}
    assert len([n for n in outside if n not in refused]) >= 0.95 * len(outside)
    assert accepted <= set(received)
    assert len(set(received)) == len(received)
    assert [listener.received for listener in listeners] == [received] * 3
    assert [listener.gaps for listener in listeners] == [[]] * 3
    assert [listener.connections for listener in listeners] == [1] * 3
    assert all(listener.client.status.state is ConnectionState.OPEN for listener in listeners)
    for node in (a, b):
        said = re.findall(r"redis pub/sub (connected|disconnected)", node.output)
        assert said[:3] == ["connected", "disconnected", "connected"], node.output
        assert all(one != other for one, other in pairwise(said)), node.output
        assert "Traceback" not in node.output


async def test_a_server_that_is_killed_costs_its_clients_nothing_on_recoverable_channels(
    redis_server, start_nodes, subscribe, http, token
):
    a, b = await start_nodes(redis_server.url)
    async with Proxy(a.port, b.port) as balancer:
        listeners = [await subscribe(balancer.port, f"agent_{n}") for n in range(5)]
        publisher, done = Publisher(http, b.port, token), asyncio.Event()
        publishing = asyncio.create_task(publisher.go_on(done))
        await listeners[0].until(lambda: len(listeners[0].received) > RATE)

        a.stop(signal.SIGKILL)
        for listener in listeners:
            await listener.until(lambda listener=listener: listener.connections == 2)
        done.set()
        await publishing
        total = len(publisher.sent)
        for listener in listeners:
            await listener.until(lambda listener=listener: len(listener.received) >= total)

    assert [status for status, _ in publisher.answers.values()] == [200] * total
    assert [sorted(listener.received) for listener in listeners] == [list(range(total))] * 5
    assert [listener.received for listener in listeners] == [listeners[0].received] * 5
    assert [listener.gaps for listener in listeners] == [[]] * 5


async def test_what_is_not_public_does_not_reach_clients_without_permission(
    redis_server, start_nodes, http, token
):
    a, b = await start_nodes(redis_server.url)
    received, served = [], asyncio.Event()
    stranger = AsyncShopWebSocket(f"ws://127.0.0.1:{b.port}/ws", http=http)
    stranger.on("inventory_alert", lambda payload: received.append(payload["current_quantity"]))
    stranger.on("notification", lambda payload: served.set())
    stranger.subscribe("public:news")
    await stranger.connect(TIMEOUT_S)
    await stranger.request("ping")
    publisher = Publisher(http, a.port, token)
    for number in range(10):
        await publisher.publish(number)
    notice = {"channel": "public:news", "type": "notification"}
    notice["payload"] = {"id": "n", "title": "Увага", "body": "Знижки"}
    headers = {"Authorization": f"Bearer {token('svc', 'service', tenants='*')}"}
    address = f"http://127.0.0.1:{a.port}/api/publish"
    async with http.post(address, json=notice, headers=headers) as answer:
        assert answer.status == 200
    await asyncio.wait_for(served.wait(), TIMEOUT_S)
    await stranger.disconnect()

    assert received == []
