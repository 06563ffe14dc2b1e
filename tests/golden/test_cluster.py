"""What the nodes of a cluster send to one another: every message of the bus, both ways.

`node-1` is a real server, and the test is `node-2`: it sends what servers send today, written
out as plain MessagePack. Compared are the messages of `node-1`, and its responses over HTTP.
"""

import asyncio
import json
import re

import msgspec
import pytest
from redis.asyncio import Redis

TIMEOUT_S = 20
NODE_2 = "fe0000000002"
NEXT_CENTURY = 4102444800.0
NUMBER = re.compile(r"(?<=:)\d+(\.\d+)?(?=[,}])")
NOW = r"\b1[78]\d{8}\.\d+", "<time>"
OFFSETS = r"\[\[\d+,1\](,\[\d+,1\])*\]", "[[<offset>,1]]"
STATS = {
    "node": "node-2", "uptime_s": 12.5, "connections": 1, "signed_in": 1, "subscriptions": 2,
    "channels": 2, "messages_in": 3, "messages_out": 4, "publications": 5, "deliveries": 6,
    "refusals": {}, "closes": {}, "evictions": 0, "loop_lag_ms": 0.25,
    "latency": {"p50": 0.5, "p95": 1.5, "p99": 2.5},
}  # fmt: skip
HERE = {
    "type": "Here", "name": "node-2", "since": NEXT_CENTURY, "stats": STATS, "taken": 1,
    "watched": [],
}  # fmt: skip
CONNECTION = {
    "id": "c_222222222222", "user_id": "taras", "name": "Тарас", "role": "customer",
    "node": "node-2", "connected_at": "2024-01-15T10:30:00.000Z",
    "last_heard_at": "2024-01-15T10:30:01.000Z", "channels": ["user:taras"], "messages_in": 3,
    "waiting_bytes": 0,
}  # fmt: skip
ACCESS = {
    "channel": "user:taras", "joined": True, "allowed": True, "rule": "own_user",
    "explanation": "This is the user's own channel.",
}  # fmt: skip
RESPONSES = {
    "ListConnections": {"connections": [CONNECTION], "total": 1},
    "ListChannels": {"subscribers": {"user:taras": 1, "public:news": 2}},
    "JudgeAccess": {"access": ACCESS},
    "HangUpOne": {"connections": 1},
    "HangUpUser": {"connections": 2},
    "OrderMoved": {"connections": 0},
    "DescribeNode": {"stats": STATS},
}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def without_numbers(text):
    return NUMBER.sub("0", text)


class Node2:
    """The test's node. A message on the bus is `[sender id, number, [message, …]]`."""

    def __init__(self, link, prefix):
        self._link, self._prefix = link, prefix
        self._pubsub = link.pubsub()
        self._here, self._heartbeat = dict(HERE), None
        self.node_1, self.server = "", None

    async def open(self):
        """Start to receive what is sent to all nodes and to this one."""
        await self._pubsub.subscribe(f"{self._prefix}nodes", f"{self._prefix}node:{NODE_2}")
        self._published = self._pubsub.listen()
        for _ in range(2):
            await anext(self._published)  # confirms a subscription

    async def close(self):
        await self.stop_heartbeat()
        await self._pubsub.aclose()

    async def start_heartbeat(self, **changes):
        """Send the heartbeat now, and every second from now on."""
        self._here |= changes
        await self.send(self._here)
        self._heartbeat = self._heartbeat or asyncio.create_task(self._send_heartbeats())

    async def stop_heartbeat(self):
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            await asyncio.wait([self._heartbeat])

    async def send(self, message):
        """Send a message to all nodes."""
        self.record("node-2 >", message)
        await self._publish("nodes", message)

    async def receive(self, type_, wanted=lambda message: True):
        """Record and return the next message of this type from node-1; skip all others."""
        async with asyncio.timeout(TIMEOUT_S):
            async for published in self._published:
                envelope = msgspec.msgpack.decode(published["data"])
                assert msgspec.msgpack.encode(envelope) == published["data"]
                sender, _, messages = envelope
                if sender == NODE_2:
                    continue
                self.node_1 = sender
                for message in messages:
                    if message["type"] == type_ and wanted(message):
                        self.record("node-1 >", message)
                        return message
        raise AssertionError(f"no {type_} was received")

    async def sync(self):
        """Wait until node-1 has processed all that was sent so far."""
        await self.send({"type": "CountAgain", "node": self.node_1})
        await self.receive("Users", lambda message: message["is_all"])

    async def respond_to(self, request):
        """Respond to the query that node-1 sends because of a request to it."""
        requesting = asyncio.create_task(request)
        query = await self.receive("Asked")
        response = msgspec.msgpack.encode(RESPONSES[query["question"]["type"]])
        message = {"type": "Answered", "number": query["number"], "answer": response}
        self.record("node-2 >", message)
        await self._publish(f"node:{self.node_1}", message)
        await requesting

    async def _send_heartbeats(self):
        while True:
            await asyncio.sleep(1)
            await self._publish("nodes", self._here)

    async def _publish(self, channel, message):
        envelope = msgspec.msgpack.encode([NODE_2, 0, [message]])
        await self._link.publish(f"{self._prefix}{channel}", envelope)

    def record(self, arrow, message):
        """Add a message to the transcript of the server's client."""
        if isinstance(message.get("answer"), bytes):
            message = {**message, "answer": msgspec.msgpack.decode(message["answer"])}
        text = compact(message).replace(NODE_2, "<node-2>")
        if self.node_1:
            text = text.replace(self.node_1, "<node-1>")
        if arrow == "node-1 >" and "stats" in (message.get("answer") or message):
            text = without_numbers(text)
        self.server.record(f"{arrow} {text}")


@pytest.fixture
async def node_2(redis_server, redis_prefix):
    """The test's node, which receives and has sent nothing yet."""
    async with Redis.from_url(redis_server.url) as link:
        node = Node2(link, redis_prefix)
        await node.open()
        yield node
        await node.close()


@pytest.fixture
async def server(start_server, node_2, redis_server, redis_prefix, normalize):
    """The server node-1."""
    normalize.rules += [NOW, OFFSETS]
    node_2.server = await start_server(
        redis_url=redis_server.url, redis_prefix=redis_prefix, broker_timeout_s=1
    )
    return node_2.server


@pytest.fixture
async def joined(server, node_2):
    """The test's node, after both nodes know of each other."""
    await node_2.send({"type": "Hello"})
    await node_2.receive("Here")
    await node_2.send({"type": "Users", "numbers": {"taras": 1}, "is_all": True})
    await node_2.start_heartbeat()
    await node_2.sync()
    server.clear()
    return node_2


async def test_nodes_join_and_leave_with_these_messages(golden, server, node_2):
    server.section("Nodes join")
    await node_2.receive("Hello")
    await node_2.send({"type": "Hello"})
    await node_2.receive("Users")
    await node_2.receive("Here")

    server.section("The number of connections is not the sum of the users' connections")
    await node_2.start_heartbeat()
    await node_2.receive("CountAgain")
    await node_2.send({"type": "Users", "numbers": {"taras": 1}, "is_all": True})
    await node_2.sync()

    server.section("A user connects and disconnects")
    olena = await server.sign_in("olena", name="Олена")
    await node_2.receive("Users")
    await olena.close()
    await node_2.receive("Users")

    server.section("Nodes leave")
    await node_2.stop_heartbeat()
    await node_2.send({"type": "Gone"})
    await node_2.sync()
    await server.request("GET", "/api/nodes", "boss admin", replace=without_numbers)
    stopping = asyncio.create_task(asyncio.to_thread(server.program.stop))
    await node_2.receive("Gone")
    await stopping

    golden("cluster_nodes.txt", server.transcript)


async def test_a_node_responds_to_queries_like_this(golden, server, joined):
    olena = await server.sign_in("olena", name="Олена")
    server.clear()
    number = 0

    async def query(type_, **fields):
        nonlocal number
        number += 1
        question = {"type": type_, **fields}
        await joined.send({"type": "Asked", "number": number, "question": question})
        return msgspec.msgpack.decode((await joined.receive("Answered"))["answer"])

    tenant = {"tenant_id": "shop"}
    listed = await query("ListConnections", **tenant, user_id=None)
    await query("ListConnections", **tenant, user_id="nobody")
    await query("ListChannels", **tenant)
    for id in (listed["connections"][0]["id"], "c_404"):
        await query("JudgeAccess", **tenant, connection_id=id, channel="user:taras")
    order = {"id": "ord_1", "user_id": "olena", "tenant_id": "shop"}
    await query("OrderMoved", order=order)
    await query("DescribeNode", **tenant)
    await query("HangUpOne", **tenant, connection_id="c_404")
    await query("HangUpUser", **tenant, user_id="taras", revoked_at=None)
    await query("HangUpUser", **tenant, user_id="olena", revoked_at=NEXT_CENTURY)
    await olena.receive()
    await server.request("GET", "/api/conversations", "olena")

    golden("cluster_responses.txt", server.transcript)


async def test_a_node_sends_these_queries(golden, server, joined, new_order):
    admin, service = "boss admin", ("POST", "/api/publish", "svc service")
    connections, channels = ("GET", "/api/connections", admin), ("GET", "/api/channels", admin)
    connection = f"/api/connections/{CONNECTION['id']}"
    access = f"{connection}/access?channel=user:taras"
    disconnect = "POST", "/api/users/taras/disconnect", admin

    await joined.respond_to(server.request(*connections))
    await joined.respond_to(server.request("GET", "/api/connections?user_id=taras", admin))
    await joined.respond_to(server.request(*channels))
    nodes = server.request("GET", "/api/nodes", admin, replace=without_numbers)
    await joined.respond_to(nodes)
    await joined.respond_to(server.request("GET", access, admin))
    await joined.respond_to(server.request("DELETE", connection, admin))
    await joined.respond_to(server.request(*disconnect))
    await joined.respond_to(server.request(*disconnect, {"revoke": True}))
    await server.request(*service, new_order())
    await joined.respond_to(server.request(*service, new_order("ord_1", "taras")))

    server.section("A node does not respond")
    await server.request(*connections)
    await server.request(*disconnect)

    golden("cluster_queries.txt", server.transcript)


async def test_nodes_report_deliveries_to_the_leader_like_this(
    golden, server, joined, notification
):
    service = "POST", "/api/publish", "svc service"
    olena = await server.sign_in("olena")
    await olena.request({"type": "subscribe", "payload": {"channel": "public:news"}})
    server.clear()

    server.section("node-2 is the leader")
    await joined.start_heartbeat(since=1.0, watched=["shop"])
    with server.unrecorded():
        counted = joined.receive("Reached", lambda message: message["channels"])
        reported = asyncio.create_task(counted)
        while not reported.done():  # node-1 learns of the leader's watchers a little later
            await server.request(*service, notification(channel="public:news"))
            await asyncio.wait([reported], timeout=0.1)
    joined.record("node-1 >", await reported)
    await server.sign_in("ivan")
    with server.unrecorded():
        connected = await joined.receive("Reached", lambda message: message.get("events"))
    # What was published last above may be reported with it.
    joined.record("node-1 >", {**connected, "channels": {}})

    server.section("node-1 is the leader")
    boss = await server.sign_in("boss", "admin")
    await joined.start_heartbeat(since=NEXT_CENTURY, watched=[])
    await boss.request({"type": "subscribe", "payload": {"channel": "monitor:shop"}})
    await joined.receive("Here", lambda message: message["watched"])
    await boss.receive(lambda message: message["type"] == "traffic", of_users)
    reached = {"user:taras": {"subscribers": 3, "reached": [[1, 3]]}}
    await joined.send({"type": "Reached", "tenant": "shop", "channels": reached})
    await server.request(*service, notification(user="taras"))
    await boss.receive(lambda message: '"user:taras"' in compact(message), of_users)

    golden("cluster_reached.txt", server.transcript)


def of_users(report):
    """Reduce a traffic report to users' channels: the others depend on how many there were."""
    payload = json.loads(report)["payload"]
    lists = {name: payload[name] for name in ("busiest", "sample")}
    return compact(
        {n: [each for each in v if each["channel"].startswith("user:")] for n, v in lists.items()}
    )
