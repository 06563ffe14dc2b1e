"""A node of a newer version on the same Redis: what this version does not know stops nothing."""

import asyncio
import time

import msgspec
import pytest
from redis.asyncio import Redis

from protocol.channels import Channel
from protocol.publications import Publication
from protocol.redis.order_owners import owner_changes_channel
from protocol.redis.streams import PUBLISH, RedisKeys, StoredPublication, make_publish_call
from protocol.retention import Retention

NEWS = "public:news"
NOTICE = {
    "channel": NEWS,
    "type": "notification",
    "payload": {"id": "n", "title": "t", "body": "b"},
}


@pytest.fixture
async def redis(redis_server):
    async with Redis.from_url(redis_server.url) as redis:
        yield redis


@pytest.fixture
async def server(serve, redis_server, redis_prefix):
    return await serve(redis_url=redis_server.url, redis_prefix=redis_prefix)


async def see_traffic(server, watcher):
    """Publish until the monitor, to which the tenant is mirrored, reports it."""
    async with asyncio.timeout(20):
        while True:
            await server.publish(NOTICE | {"channel": "tenant:shop"})
            if (await watcher.next_event("traffic"))["payload"]["sample"]:
                return


async def test_what_a_newer_version_sends_is_skipped_counted_and_logged_once(
    server, redis, redis_prefix, token, caplog
):
    client = await server.connect()
    await client.subscribe(NEWS)
    watcher = await server.sign_in("boss", "admin")
    await watcher.subscribe("monitor:shop")
    await see_traffic(server, watcher)

    keys = RedisKeys(redis_prefix)
    cart = msgspec.msgpack.encode(
        StoredPublication("cart:7", "cart_shared", b"{}", "shop", time.time(), False, "", "")
    )
    for _ in range(2):
        await redis.publish(keys.mirror_channel("shop"), b"e 1 %d:%b" % (len(cart), cart))
        await redis.publish(keys.channel(Channel.parse(NEWS)), b"another format")
        envelope = ["newer", 1, [{"type": "Teleported"}, {"type": "Hello"}]]
        await redis.publish(f"{redis_prefix}nodes", msgspec.msgpack.encode(envelope))
        await redis.publish(f"{redis_prefix}nodes", b"no envelope")
        await redis.publish(owner_changes_channel(redis_prefix), b"ord_1:shop:user_1:more")
    await server.publish(NOTICE)
    event = await client.next_event("notification")
    await see_traffic(server, watcher)
    connections, _ = await server.request("GET", "/api/connections", token("boss", "admin"))
    ready, _ = await server.request("GET", "/readyz")
    _, metrics = await server.read("/metrics")

    assert event["payload"] == NOTICE["payload"]
    assert (connections, ready) == (200, 200)
    assert 'shop_ws_unreadable_messages_total{source="pubsub"} 4.0' in metrics
    assert 'shop_ws_unreadable_messages_total{source="bus"} 6.0' in metrics
    assert sum("cannot read" in line for line in caplog.messages) == 2  # one for each source


async def test_a_message_of_an_unknown_type_is_delivered_recovered_and_monitored(
    server, redis, redis_prefix
):
    client = await server.connect()
    start = (await client.subscribe(NEWS, recoverable=True))["payload"]
    watcher = await server.sign_in("boss", "admin")
    await watcher.subscribe("monitor:shop")
    await see_traffic(server, watcher)

    shared = Publication(
        to=Channel.parse(NEWS),
        type="cart_shared",
        message=b'{"type":"cart_shared","payload":{"id":1}}',
        tenant="shop",
        accepted_at=time.time(),
    )
    call = make_publish_call(
        "batch",
        [(shared, "")],
        redis_keys=RedisKeys(redis_prefix),
        retention=Retention(100, 600.0),
        epoch="e",
    )
    await redis.eval(PUBLISH, len(call.keys), *call.keys, *call.args)

    assert (await client.next_event("cart_shared"))["payload"] == {"id": 1}
    while "cart_shared" not in str((await watcher.next_event("traffic"))["payload"]):
        pass
    another = await server.connect()
    since = {"epoch": start["epoch"], "offset": start["offset"]}
    reply = await another.subscribe(NEWS, recoverable=True, since=since)
    assert reply["payload"]["recovered"] is True
    assert (await another.next_event())["type"] == "cart_shared"
