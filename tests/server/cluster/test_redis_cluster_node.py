"""Two servers of one cluster: what is done on one holds on the other."""

import asyncio
import signal
import time

import pytest

from protocol.redis.order_owners import owner_changes_channel
from server.redis_client import open_redis
from server.settings import Settings
from server.stores.base import OrderOwnership, Revocation
from server.stores.redis import RedisStore

NOTICE = {"type": "notification", "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"}}
NOT_FOUND = (404, {"error": {"code": "not_found", "message": "There is no such connection"}})


@pytest.fixture
def redis(redis_server):
    return redis_server


@pytest.fixture
def node(serve, redis, redis_prefix):
    """Start a server of the cluster."""

    async def start(name, **settings):
        whole = {"redis_url": redis.url, "redis_prefix": redis_prefix, "node": name} | settings
        return await serve(**whole)

    return start


@pytest.fixture
def launch_node(launch_server, redis, redis_prefix):
    """Start a server of the cluster as a process; the other nodes go on, as it waits for them."""

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
    """Ask a server as an admin of the shop."""

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


async def test_each_node_describes_all_this_one_first(nodes, admin):
    for server, names in zip(nodes, (["a", "b"], ["b", "a"]), strict=True):
        _, answer = await admin(server, "GET", "/api/nodes")
        assert [each["node"] for each in answer["nodes"]] == names


async def test_why_a_client_hears_a_channel_is_told_by_any_node(nodes, admin):
    a, b = nodes
    await a.place_order("ord_1", "olena")
    client = await b.sign_in("olena")
    await client.subscribe("order:ord_1")
    _, answer = await admin(a, "GET", "/api/connections")
    path = f"/api/connections/{answer['connections'][0]['id']}/access?channel=order:ord_1"

    status, told = await admin(a, "GET", path)

    assert (status, told["joined"], told["rule"]) == (200, True, "owner")
    assert await admin(a, "GET", path, tenant_id="books") == NOT_FOUND


async def test_a_connection_is_ended_from_any_node(nodes, admin):
    a, b = nodes
    client = await b.sign_in("olena")
    _, answer = await admin(a, "GET", "/api/connections")
    path = f"/api/connections/{answer['connections'][0]['id']}"

    assert await admin(a, "DELETE", path, tenant_id="books") == NOT_FOUND
    assert await admin(a, "DELETE", path) == (200, {"disconnected": 1})
    assert await client.close_code() == 4003
    assert await admin(a, "DELETE", path) == NOT_FOUND


async def test_a_user_who_is_disconnected_and_revoked_is_so_on_every_node(nodes, admin, token):
    a, b = nodes
    here, there = await a.sign_in("olena"), await b.sign_in("olena")
    namesake = await b.sign_in("olena", tenant_id="books")
    old = token("olena", iat=time.time() - 5)

    answer = await admin(a, "POST", "/api/users/olena/disconnect", json={"revoke": True})

    assert answer == (200, {"disconnected": 2})
    assert [await here.close_code(), await there.close_code()] == [4003, 4003]
    for server in nodes:
        assert (await (await server.connect(old)).next_event())["type"] == "auth_error"
        assert await server.sign_in("olena", iat=time.time() + 60)
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


async def test_a_crowd_of_one_user_gets_exactly_the_places_there_are(node):
    servers = [await node(name, connections_per_user=5) for name in "ab"]

    async def signs_in(server):
        return await (await server.connect(server._token("olena"))).receive()

    heard = await asyncio.gather(*(signs_in(server) for server in servers * 10))

    assert heard.count(4102) == 15
    assert sum(isinstance(each, dict) for each in heard) == 5


async def test_an_order_that_changes_hands_on_one_node_is_lost_on_the_other(nodes):
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


async def test_a_publish_that_is_repeated_on_another_node_is_answered_as_before(nodes):
    a, b = nodes
    client = await b.sign_in()
    await client.subscribe("public:news")
    what = NOTICE | {"channel": "public:news"}

    async def publish(server, what):
        return await server.publish(what, headers={"Idempotency-Key": "k"})

    answers = await asyncio.gather(*(publish(server, what) for server in (a, b) * 3))
    conflicts = [await publish(server, what | {"note": "other"}) for server in (a, b)]

    assert answers == [answers[0]] * 6
    assert answers[0][0] == 200
    assert [status for status, _ in conflicts] == [409, 409]
    assert (await client.next_event())["payload"] == NOTICE["payload"]
    assert await client.is_silent()


@pytest.mark.parametrize("letter", [b"", b"\xff", b"\x93\xa1a\x01\x91\x81\xa4type\xa3New"])
async def test_what_a_node_cannot_read_is_for_those_who_can(nodes, redis, redis_prefix, letter):
    a, b = nodes
    async with open_redis(Settings(redis_url=redis.url)) as link:
        for channel in (f"{redis_prefix}nodes", owner_changes_channel(redis_prefix)):
            assert await link.publish(channel, letter) == 2

    await a.place_order("ord_1", "olena")
    client = await b.sign_in("olena")
    await client.subscribe("order:ord_1")
    await a.place_order("ord_1", "taras")
    assert (await client.next_event())["type"] == "unsubscribed"


async def test_an_order_that_a_service_hands_over_in_redis_is_lost_on_every_node(
    nodes, redis, redis_prefix
):
    clients = []
    for server in nodes:
        await server.place_order("ord_1", "olena")
        clients.append(await server.sign_in("olena"))
        await clients[-1].subscribe("order:ord_1")

    async with open_redis(Settings(redis_url=redis.url)) as link:
        await RedisStore(link, redis_prefix).record_order_owners(
            [OrderOwnership("ord_1", "taras", "shop")]
        )

    for client in clients:
        assert (await client.next_event("unsubscribed"))["payload"] == {"channel": "order:ord_1"}


async def test_a_node_that_cannot_listen_says_why_as_one_that_is_alone(node):
    a = await node("a")

    with pytest.raises(OSError, match="in use"):
        await node("b", port=a.port)


async def test_a_node_that_stops_is_missed_by_nobody(node, admin, launch_node):
    a = await node("a")
    b = await launch_node("b")

    async def names():
        return [n["node"] for n in (await admin(a, "GET", "/api/nodes"))[1]["nodes"]]

    while await names() != ["a", "b"]:
        pass
    assert await asyncio.to_thread(b.stop) == 0
    assert await names() == ["a"]
    assert (await admin(a, "GET", "/api/connections"))[0] == 200


async def test_a_node_that_hangs_is_named_and_what_it_may_have_is_not_denied(
    node, admin, launch_node
):
    a = await node("a", broker_timeout_s=1.0)
    b = await launch_node("b")
    while len((await admin(a, "GET", "/api/nodes"))[1]["nodes"]) < 2:
        pass
    b.process.send_signal(signal.SIGSTOP)
    listed, ended = await asyncio.gather(
        admin(a, "GET", "/api/connections"), admin(a, "DELETE", "/api/connections/c_404")
    )
    b.process.send_signal(signal.SIGCONT)

    assert (listed[0], listed[1]["silent"]) == (200, ["b"])
    assert (ended[0], "b" in ended[1]["error"]["message"]) == (503, True)


@pytest.mark.parametrize("outage", [signal.SIGSTOP, signal.SIGKILL])
async def test_without_redis_nobody_is_disconnected_and_nothing_hangs(
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
    # By now it knows that it is cut off, and revokes nothing.
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


async def test_what_was_missed_while_cut_off_is_judged_afterwards(
    start_redis, serve, redis_prefix, token
):
    """
    Revoked and handed over by somebody whom this node did not hear.
    """
    redis = start_redis()
    settings = {"redis_url": redis.url, "redis_prefix": redis_prefix, "broker_timeout_s": 1.0}
    server = await serve(node="a", **settings)
    await server.place_order("ord_1", "olena")
    olena, ivan = await server.sign_in("olena"), await server.sign_in("ivan", iat=100)
    await olena.subscribe("order:ord_1")

    redis.kill()
    redis.start()
    async with open_redis(Settings(redis_url=redis.url)) as link:
        store = RedisStore(link, redis_prefix)
        await store.record_order_owners([OrderOwnership("ord_1", "taras", "shop")])
        await store.revoke(Revocation("shop", "ivan", 200.0))

    assert (await olena.next_event())["type"] == "unsubscribed"
    assert await ivan.close_code() == 4003


class Watcher:
    """An admin who watches on one node, and sums up what is told."""

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
            await watcher.next_event()
        return watcher

    async def next_event(self):
        message = await self._client.next_event()
        payload = message["payload"]
        if message["type"] == "stats":
            self.nodes = [node["node"] for node in payload["nodes"]]
            return
        if tally := payload["kinds"].get("public"):
            self.messages += tally["messages"]
            self.deliveries += tally["deliveries"]
        self.sample += [(s["message"]["payload"]["id"], s["reached"]) for s in payload["sample"]]
        self.subscribers |= {
            c["subscribers"] for c in payload["busiest"] if c["channel"] == "public:news"
        }


async def test_who_watches_on_any_node_sees_all_that_is_published_on_any_once(nodes):
    a, b = nodes
    for server in (a, a, b):
        await (await server.connect()).subscribe("public:news")
    watchers = await asyncio.gather(*(Watcher.on(server) for server in nodes))

    async def publish(number):
        for server in nodes:
            payload = NOTICE["payload"] | {"id": f"{number} on {server.port}"}
            what = {"channel": "public:news", "type": "notification", "payload": payload}
            assert (await server.publish(what))[0] == 200

    async def until_delivered(count):
        for watcher in watchers:
            while watcher.deliveries < count:
                await watcher.next_event()

    for number in range(10):
        await publish(number)
    await until_delivered(60)
    await publish(10)  # what is told twice is so by the time that this is told
    await until_delivered(66)

    expected = {(f"{number} on {server.port}", 3) for number in range(11) for server in nodes}
    for watcher in watchers:
        assert sorted(watcher.nodes) == ["a", "b"]
        assert (watcher.messages, watcher.deliveries) == (22, 66)
        assert (len(watcher.sample), set(watcher.sample)) == (22, expected)
        assert watcher.subscribers == {3}


@pytest.fixture
async def first_and_b(launch_node, node):
    """Start the node that speaks for all as a process, then node `b`; soon they miss each other."""
    timeout_s = 1.4
    first = await launch_node("first", WORKBENCH_NODE_TIMEOUT_S=str(timeout_s))
    return first, await node("b", node_timeout_s=timeout_s)


async def test_when_the_node_that_tells_ends_another_goes_on(first_and_b):
    first, b = first_and_b
    watcher = await Watcher.on(b)
    await asyncio.to_thread(first.stop, signal.SIGKILL)

    while watcher.nodes != ["b"]:
        await watcher.next_event()
    await b.publish(NOTICE | {"channel": "public:news"})
    while not watcher.messages:
        await watcher.next_event()

    assert watcher.sample == [("n_1", 0)]


async def test_a_node_that_stood_still_does_not_tell_again_what_was_told_meanwhile(first_and_b):
    first, b = first_and_b
    watcher = await Watcher.on(b)
    first.process.send_signal(signal.SIGSTOP)
    while watcher.nodes != ["b"]:
        await watcher.next_event()

    for _ in range(5):
        await b.publish(NOTICE | {"channel": "public:news"})
    while watcher.messages < 5:
        await watcher.next_event()
    first.process.send_signal(signal.SIGCONT)
    await asyncio.to_thread(first.wait_for, "node was paused")
    while len(watcher.nodes) < 2:
        await watcher.next_event()
    # Whatever `first` still has to tell, it tells within the time that it takes to tell two more.
    for number in (6, 7):
        await b.publish(NOTICE | {"channel": "public:news"})
        while watcher.messages < number:
            await watcher.next_event()

    assert watcher.messages == len(watcher.sample) == 7
