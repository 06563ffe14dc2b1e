"""Two nodes of one cluster: what is done on one applies to the other."""

import asyncio
import signal
import time

import pytest

from protocol.redis.order_owners import owner_changes_channel
from server.redis_client import open_redis
from server.settings import Settings
from server.stores.base import OrderOwnership, Revocation
from server.stores.redis import RedisStore

NOTIFICATION = {
    "type": "notification",
    "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"},
}
NOT_FOUND = (404, {"error": {"code": "not_found", "message": "There is no such connection"}})


@pytest.fixture
def redis(redis_server):
    return redis_server


@pytest.fixture
def node(serve, redis, redis_prefix):
    """Start a node of the cluster in this process."""

    async def start(name, **settings):
        options = {"redis_url": redis.url, "redis_prefix": redis_prefix, "node": name} | settings
        return await serve(**options)

    return start


@pytest.fixture
def launch_node(launch_server, redis, redis_prefix):
    """Start a node as a process of its own, without blocking the other nodes."""

    async def start(name, **settings):
        return await asyncio.to_thread(
            launch_server,
            WORKBENCH_REDIS_URL=redis.url,
            WORKBENCH_REDIS_PREFIX=redis_prefix,
            WORKBENCH_NODE=name,
            **settings,
        )

    return start


@pytest.fixture
async def nodes(node):
    return await node("a"), await node("b")


@pytest.fixture
def admin(token):
    """Send a request as an admin of the shop."""

    async def ask(server, method, path, tenant_id="shop", **options):
        who = token("boss", "admin", tenant_id=tenant_id)
        return await server.request(method, path, who, **options)

    return ask


async def test_each_node_lists_the_connections_of_all(nodes, admin):
    a, b = nodes
    await a.sign_in("olena")
    await b.sign_in("taras")
    await b.sign_in("ivan", tenant_id="books")

    for server in nodes:
        _, answer = await admin(server, "GET", "/api/connections")
        assert [(c["user_id"], c["node"]) for c in answer["connections"]] == [
            ("taras", "b"),
            ("olena", "a"),
        ]
        assert (answer["total"], "silent" in answer) == (2, False)
    _, answer = await admin(a, "GET", "/api/connections?user_id=taras")
    assert [c["node"] for c in answer["connections"]] == ["b"]


async def test_each_node_lists_the_channels_of_all_and_sums_their_subscribers(nodes, admin):
    _, b = nodes
    for server in nodes:
        await (await server.connect()).subscribe("public:news")
    await (await b.sign_in("boss", "admin")).subscribe("tenant:shop")

    for server in nodes:
        _, answer = await admin(server, "GET", "/api/channels")
        assert {(c["name"], c["subscribers"]) for c in answer["channels"]} == {
            ("public:news", 2),
            ("tenant:shop", 1),
            ("user:boss", 1),
        }
        assert answer["total"] == 3


async def test_each_node_describes_all_nodes_and_itself_first(nodes, admin):
    for server, names in zip(nodes, (["a", "b"], ["b", "a"]), strict=True):
        _, answer = await admin(server, "GET", "/api/nodes")
        assert [each["node"] for each in answer["nodes"]] == names


async def test_access_to_a_channel_is_explained_by_any_node(nodes, admin):
    a, b = nodes
    await a.place_order("ord_1", "olena")
    client = await b.sign_in("olena")
    await client.subscribe("order:ord_1")
    _, answer = await admin(a, "GET", "/api/connections")
    path = f"/api/connections/{answer['connections'][0]['id']}/access?channel=order:ord_1"

    status, access = await admin(a, "GET", path)

    assert (status, access["joined"], access["rule"]) == (200, True, "owner")
    assert await admin(a, "GET", path, tenant_id="books") == NOT_FOUND


async def test_a_connection_is_closed_from_any_node(nodes, admin):
    a, b = nodes
    client = await b.sign_in("olena")
    _, answer = await admin(a, "GET", "/api/connections")
    path = f"/api/connections/{answer['connections'][0]['id']}"

    assert await admin(a, "DELETE", path, tenant_id="books") == NOT_FOUND
    assert await admin(a, "DELETE", path) == (200, {"disconnected": 1})
    assert await client.close_code() == 4003
    assert await admin(a, "DELETE", path) == NOT_FOUND


async def test_a_user_is_disconnected_and_revoked_on_every_node(node, admin, token):
    a, b = nodes = await node("a", clock_skew_s=0.0), await node("b", clock_skew_s=0.0)
    here, there = await a.sign_in("olena"), await b.sign_in("olena")
    namesake = await b.sign_in("olena", tenant_id="books")
    old = token("olena", iat=time.time() - 5)

    answer = await admin(a, "POST", "/api/users/olena/disconnect", json={"revoke": True})

    assert answer == (200, {"disconnected": 2})
    assert [await here.close_code(), await there.close_code()] == [4003, 4003]
    for server in nodes:
        assert (await (await server.connect(old)).next_event())["type"] == "auth_error"
        assert await server.sign_in("olena", iat=time.time())
    assert await namesake.is_silent()


async def test_a_user_has_no_more_connections_in_all_than_the_limit(node):
    a, b = await node("a", connections_per_user=2), await node("b", connections_per_user=2)
    first = await a.sign_in("olena")
    await b.sign_in("olena")

    for server in (a, b):
        refused = await server.connect(server._token("olena"))
        assert await refused.receive() == 4102
    await first.socket.close()
    await first.close_code()

    async def signs_in():
        client = await b.connect(b._token("olena"))
        return isinstance(await client.receive(), dict)

    while not await signs_in():
        pass
    refused = await a.connect(a._token("olena"))
    assert await refused.receive() == 4102


async def test_of_many_connections_of_a_user_at_the_same_time_exactly_the_limit_is_allowed(node):
    servers = [await node(name, connections_per_user=5) for name in "ab"]

    async def signs_in(server):
        return await (await server.connect(server._token("olena"))).receive()

    replies = await asyncio.gather(*(signs_in(server) for server in servers * 10))

    assert replies.count(4102) == 15
    assert sum(isinstance(each, dict) for each in replies) == 5


async def test_an_order_that_changes_owner_on_one_node_is_unsubscribed_on_the_other(nodes):
    a, b = nodes
    await a.place_order("ord_1", "olena")
    olena, taras = await b.sign_in("olena"), await b.sign_in("taras")
    await olena.subscribe("order:ord_1")

    await a.place_order("ord_1", "taras")

    assert (await olena.next_event())["type"] == "unsubscribed"
    assert (await olena.subscribe("order:ord_1"))["payload"]["code"] == "forbidden"
    assert (await taras.subscribe("order:ord_1"))["type"] == "subscribed"
    await b.place_order("ord_1", "olena")
    assert (await taras.next_event())["type"] == "unsubscribed"


async def test_a_publish_request_repeated_on_another_node_gets_the_first_response(nodes):
    a, b = nodes
    client = await b.sign_in()
    await client.subscribe("public:news")
    what = NOTIFICATION | {"channel": "public:news"}

    async def publish(server, what):
        return await server.publish(what, headers={"Idempotency-Key": "k"})

    answers = await asyncio.gather(*(publish(server, what) for server in (a, b) * 3))
    conflicts = [await publish(server, what | {"note": "other"}) for server in (a, b)]

    assert answers == [answers[0]] * 6
    assert answers[0][0] == 200
    assert [status for status, _ in conflicts] == [409, 409]
    assert (await client.next_event())["payload"] == NOTIFICATION["payload"]
    assert await client.is_silent()


@pytest.mark.parametrize("message", [b"", b"\xff", b"\x93\xa1a\x01\x91\x81\xa4type\xa3New"])
async def test_a_message_that_a_node_cannot_read_is_ignored(nodes, redis, redis_prefix, message):
    a, b = nodes
    async with open_redis(Settings(redis_url=redis.url)) as client:
        for channel in (f"{redis_prefix}nodes", owner_changes_channel(redis_prefix)):
            assert await client.publish(channel, message) == 2

    await a.place_order("ord_1", "olena")
    client = await b.sign_in("olena")
    await client.subscribe("order:ord_1")
    await a.place_order("ord_1", "taras")
    assert (await client.next_event())["type"] == "unsubscribed"


async def test_an_order_whose_owner_a_service_changes_in_redis_is_unsubscribed_on_every_node(
    nodes, redis, redis_prefix
):
    clients = []
    for server in nodes:
        await server.place_order("ord_1", "olena")
        clients.append(await server.sign_in("olena"))
        await clients[-1].subscribe("order:ord_1")

    async with open_redis(Settings(redis_url=redis.url)) as client:
        await RedisStore(client, redis_prefix).record_order_owners(
            [OrderOwnership("ord_1", "taras", "shop")], time.time()
        )

    for client in clients:
        assert (await client.next_event("unsubscribed"))["payload"] == {"channel": "order:ord_1"}


async def test_a_node_that_cannot_listen_on_its_port_raises_an_error(node):
    a = await node("a")

    with pytest.raises(OSError, match="in use"):
        await node("b", port=a.port)


async def test_a_node_that_stops_is_removed_at_once(node, admin, launch_node):
    a = await node("a")
    b = await launch_node("b")

    async def names():
        return [n["node"] for n in (await admin(a, "GET", "/api/nodes"))[1]["nodes"]]

    while await names() != ["a", "b"]:
        pass
    assert await asyncio.to_thread(b.stop) == 0
    assert await names() == ["a"]
    assert (await admin(a, "GET", "/api/connections"))[0] == 200


async def test_an_unresponsive_node_is_named_and_its_connections_are_not_reported_as_missing(
    node, admin, launch_node
):
    a = await node("a", broker_timeout_s=1.0)
    b = await launch_node("b")
    while len((await admin(a, "GET", "/api/nodes"))[1]["nodes"]) < 2:
        pass
    b.process.send_signal(signal.SIGSTOP)
    listed, disconnected = await asyncio.gather(
        admin(a, "GET", "/api/connections"), admin(a, "DELETE", "/api/connections/c_404")
    )
    b.process.send_signal(signal.SIGCONT)

    assert (listed[0], listed[1]["silent"]) == (200, ["b"])
    assert (disconnected[0], "b" in disconnected[1]["error"]["message"]) == (503, True)


@pytest.mark.parametrize("outage", [signal.SIGSTOP, signal.SIGKILL])
async def test_without_redis_clients_stay_connected_and_every_request_ends(
    start_redis, serve, redis_prefix, admin, outage
):
    redis = start_redis("--appendonly", "yes", "--appendfsync", "always")
    settings = {"redis_url": redis.url, "redis_prefix": redis_prefix, "broker_timeout_s": 1.0}
    a, b = await serve(node="a", **settings), await serve(node="b", **settings)
    await a.place_order("ord_1", "olena")
    client = await b.sign_in("olena")
    await client.subscribe("order:ord_1")

    redis.send_signal(outage)
    answers = await asyncio.gather(
        *(admin(a, "GET", path) for path in ("/api/connections", "/api/channels"))
    )
    # By now the node has noticed that it is disconnected, and revokes nothing.
    path = "/api/users/olena/disconnect"
    answers.append(await admin(a, "POST", path, json={"revoke": True}))
    late = await b.sign_in("olena")
    refused = await late.subscribe("order:ord_1")
    if outage == signal.SIGKILL:
        redis.process.wait()
        redis.start()
    redis.send_signal(signal.SIGCONT)

    assert [status for status, _ in answers] == [503, 503, 503]
    assert refused["payload"]["code"] == "internal"
    while (await admin(a, "GET", "/api/connections"))[0] != 200:
        pass
    while (await admin(a, "GET", "/api/connections"))[1]["total"] != 2:
        pass
    while (await a.request("GET", "/readyz"))[0] != 200:
        pass
    assert await client.is_silent()
    await a.place_order("ord_1", "taras")
    assert (await client.next_event("unsubscribed"))["payload"] == {"channel": "order:ord_1"}


async def test_changes_that_were_missed_while_disconnected_are_applied_afterwards(
    start_redis, serve, redis_prefix, token
):
    redis = start_redis()
    settings = {"redis_url": redis.url, "redis_prefix": redis_prefix, "broker_timeout_s": 1.0}
    server = await serve(node="a", **settings)
    await server.place_order("ord_1", "olena")
    olena, ivan = await server.sign_in("olena"), await server.sign_in("ivan", iat=100)
    await olena.subscribe("order:ord_1")

    redis.kill()
    redis.start()
    async with open_redis(Settings(redis_url=redis.url)) as client:
        store = RedisStore(client, redis_prefix)
        await store.record_order_owners([OrderOwnership("ord_1", "taras", "shop")], time.time())
        await store.revoke(Revocation("shop", "ivan", 200.0))

    assert (await olena.next_event())["type"] == "unsubscribed"
    assert await ivan.close_code() == 4003


class Watcher:
    """An admin who watches on one node, and sums up the reports."""

    def __init__(self, client):
        self._client = client
        self.messages = self.deliveries = 0
        self.sample, self.subscribers, self.nodes = [], set(), []

    @classmethod
    async def on(cls, server):
        client = await server.sign_in("boss", "admin")
        await client.subscribe("monitor:shop")
        watcher = cls(client)
        while len(watcher.nodes) < 2:
            await watcher.receive()
        return watcher

    async def receive(self):
        message = await self._client.next_event()
        payload = message["payload"]
        if message["type"] == "stats":
            self.nodes = [node["node"] for node in payload["nodes"]]
            return
        if totals := payload["kinds"].get("public"):
            self.messages += totals["messages"]
            self.deliveries += totals["deliveries"]
        self.sample += [(s["message"]["payload"]["id"], s["reached"]) for s in payload["sample"]]
        self.subscribers |= {
            c["subscribers"] for c in payload["busiest"] if c["channel"] == "public:news"
        }


async def test_the_monitor_of_any_node_reports_the_publications_of_all_nodes_once(nodes):
    a, b = nodes
    for server in (a, a, b):
        await (await server.connect()).subscribe("public:news")
    watchers = await asyncio.gather(*(Watcher.on(server) for server in nodes))

    async def publish(number):
        for server in nodes:
            payload = NOTIFICATION["payload"] | {"id": f"{number} on {server.port}"}
            what = {"channel": "public:news", "type": "notification", "payload": payload}
            assert (await server.publish(what))[0] == 200

    async def until_delivered(count):
        for watcher in watchers:
            while watcher.deliveries < count:
                await watcher.receive()

    for number in range(10):
        await publish(number)
    await until_delivered(60)
    await publish(
        10
    )  # a publication that is reported twice has been by the time that this one is reported
    await until_delivered(66)

    published = {f"{number} on {server.port}" for number in range(11) for server in nodes}
    for watcher in watchers:
        assert sorted(watcher.nodes) == ["a", "b"]
        assert (watcher.messages, watcher.deliveries) == (22, 66)
        assert (len(watcher.sample), {text for text, _ in watcher.sample}) == (22, published)
        # On a busy machine the count of one node is late: then it is in the totals alone.
        assert 3 in {reached for _, reached in watcher.sample} <= {1, 2, 3}
        assert watcher.subscribers == {3}


async def logged(watcher, count):
    """Return so many different events of connections, in order, as node, user and kind."""
    events = set()
    while len(events) < count:
        stats = (await watcher.next_event("stats"))["payload"]
        events |= {(e["at"], e["node"], e["user_id"], e["event"]) for e in stats.get("events", ())}
    return [event[1:] for event in sorted(events)]


async def refused_requests(watcher, count):
    """Return the channels of so many refused requests, in order of their names."""
    refused = []
    while len(refused) < count:
        payload = (await watcher.next_event("stats"))["payload"]
        refused += [each["channel"] for each in payload.get("refused", ())]
    return sorted(refused)


async def test_the_log_of_connections_has_those_of_all_nodes_and_of_one_tenant(nodes):
    a, b = nodes
    watcher, there = await a.sign_in("boss", "admin"), await b.sign_in("olena")
    await b.sign_in("ivan", tenant_id="books")
    await there.socket.close()
    late = await b.sign_in("late", "admin")

    expected = [
        ("a", "boss", "connected"),
        ("b", "olena", "connected"),
        ("b", "olena", "closed"),
        ("b", "late", "connected"),
    ]
    for each in (watcher, late):  # the second subscribes after all has been reported
        await each.subscribe("monitor:shop")
        assert await logged(each, 4) == expected


async def test_refused_requests_of_all_nodes_are_reported_once(nodes):
    a, b = nodes
    watcher, there = await a.sign_in("boss", "admin"), await b.sign_in("olena")
    await watcher.subscribe("monitor:shop")
    await watcher.subscribe("user:taras")
    await there.subscribe("tenant:shop")

    assert await refused_requests(watcher, 2) == ["tenant:shop", "user:taras"]


@pytest.fixture
async def leader_and_b(launch_node, node):
    """Start the leader as a process, then node `b`, both with a short node timeout."""
    timeout_s = 1.4
    leader = await launch_node("leader", WORKBENCH_NODE_TIMEOUT_S=str(timeout_s))
    return leader, await node("b", node_timeout_s=timeout_s)


async def test_when_the_leader_ends_another_node_reports(leader_and_b):
    leader, b = leader_and_b
    watcher = await Watcher.on(b)
    await asyncio.to_thread(leader.stop, signal.SIGKILL)

    while watcher.nodes != ["b"]:
        await watcher.receive()
    await b.publish(NOTIFICATION | {"channel": "public:news"})
    while not watcher.messages:
        await watcher.receive()

    assert watcher.sample == [("n_1", 0)]


async def test_a_leader_that_was_paused_does_not_report_again_what_another_node_has_reported(
    leader_and_b,
):
    leader, b = leader_and_b
    watcher = await Watcher.on(b)
    leader.process.send_signal(signal.SIGSTOP)
    while watcher.nodes != ["b"]:
        await watcher.receive()

    for _ in range(5):
        await b.publish(NOTIFICATION | {"channel": "public:news"})
    while watcher.messages < 5:
        await watcher.receive()
    leader.process.send_signal(signal.SIGCONT)
    await asyncio.to_thread(leader.wait_for, "node was paused")
    while len(watcher.nodes) < 2:
        await watcher.receive()
    # If `leader` reports anything, it does so in the time that two more reports take.
    for number in (6, 7):
        await b.publish(NOTIFICATION | {"channel": "public:news"})
        while watcher.messages < number:
            await watcher.receive()

    assert watcher.messages == len(watcher.sample) == 7
