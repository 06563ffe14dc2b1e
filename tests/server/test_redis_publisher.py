"""The Redis publisher, with a running server as its subscriber."""

import json

import msgspec
import pytest
from msgspec.structs import replace
from redis import Redis

from client.publisher.redis import RedisPublisher
from protocol.errors import RequestError
from protocol.publications import PublishRequest


@pytest.fixture
def redis(redis_server):
    with Redis.from_url(redis_server.url) as redis:
        yield redis


@pytest.fixture
def publisher(redis, redis_prefix):
    return RedisPublisher(redis, tenant="shop", prefix=redis_prefix)


@pytest.fixture
async def server(serve, redis_server, redis_prefix):
    return await serve(redis_url=redis_server.url, redis_prefix=redis_prefix)


def draft(type_, payload, **address):
    return PublishRequest(type=type_, payload=msgspec.Raw(json.dumps(payload).encode()), **address)


def status(order_id, text):
    return draft(
        "order_update", {"order_id": order_id, "status": text}, channel=f"order:{order_id}"
    )


def order(order_id, user_id, tenant_id="shop"):
    whole = {
        "id": order_id, "number": "ORD-1", "total": 10.0, "currency": "UAH", "status": "pending",
        "customer": {"id": user_id, "name": user_id}, "items": [],
        "created_at": "2024-01-15T10:30:00Z",
    }  # fmt: skip
    return draft("new_order", {"order": whole}, channel=f"tenant:{tenant_id}")


async def test_an_order_placed_through_redis_opens_its_channel_to_the_owner(server, publisher):
    staff = await server.sign_in("agent", "agent")
    await staff.subscribe("tenant:shop")

    publisher.publish(order("ord_1", "olena"))
    placed = await staff.next_event()
    olena, taras = await server.sign_in("olena"), await server.sign_in("taras")
    opened, refused = await olena.subscribe("order:ord_1"), await taras.subscribe("order:ord_1")
    publisher.publish(status("ord_1", "paid"), status("ord_1", "shipped"))

    assert (placed["type"], placed["payload"]["order"]["total"]) == ("new_order", 10.0)
    assert (opened["type"], refused["type"]) == ("subscribed", "error")
    assert [(await olena.next_event())["payload"]["status"] for _ in range(2)] == [
        "paid",
        "shipped",
    ]
    assert await taras.is_silent()


async def test_published_messages_can_be_recovered(server, publisher):
    staff = await server.sign_in("agent", "agent")
    place = (await staff.subscribe("tenant:shop", recoverable=True))["payload"]
    await staff.ask("unsubscribe", {"channel": "tenant:shop"})
    publisher.publish(order("ord_1", "olena"))

    since = {"epoch": place["epoch"], "offset": place["offset"]}
    reply = await staff.subscribe("tenant:shop", recoverable=True, since=since)

    assert reply["payload"]["recovered"] is True
    assert (await staff.next_event())["payload"]["order"]["id"] == "ord_1"


async def test_a_repeated_idempotency_key_is_published_once(server, publisher):
    visitor = await server.connect()
    await visitor.subscribe("public:news")
    notice = draft(
        "notification", {"id": "n", "title": "Увага", "body": "Знижки"}, channel="public:news"
    )

    publisher.publish(notice, idempotency_key="a")
    publisher.publish(notice, idempotency_key="a")
    publisher.publish(notice, idempotency_key="b")

    assert [(await visitor.next_event())["payload"]["id"] for _ in range(2)] == ["n", "n"]
    assert await visitor.is_silent()


async def test_an_order_is_that_of_the_publishers_tenant_unless_it_names_another(server, publisher):
    publisher.publish(order("ord_1", "olena"), order("ord_1", "ivan", "books"))
    olena, ivan = await server.sign_in("olena"), await server.sign_in("ivan", tenant_id="books")
    for client in (olena, ivan):
        assert (await client.subscribe("order:ord_1"))["type"] == "subscribed"

    publisher.publish(status("ord_1", "paid"), replace(status("ord_1", "shipped"), tenant="books"))

    assert (await olena.next_event("order_update"))["payload"]["status"] == "paid"
    assert (await ivan.next_event("order_update"))["payload"]["status"] == "shipped"
    assert await olena.is_silent()
    assert await ivan.is_silent()


async def test_a_message_to_a_user_reaches_the_connections_of_its_tenant(server, publisher):
    of_shop = await server.sign_in("olena", tenant_id="shop")
    of_books = await server.sign_in("olena", tenant_id="books")
    notice = draft("notification", {"id": "n", "title": "t", "body": "b"}, user="olena")

    publisher.publish(notice)
    publisher.publish(replace(notice, tenant="books"))

    assert (await of_shop.next_event())["payload"]["id"] == "n"
    assert (await of_books.next_event())["payload"]["id"] == "n"
    assert await of_shop.is_silent()
    assert await of_books.is_silent()


def test_news_of_an_order_keeps_it_from_being_forgotten(publisher, redis, redis_prefix):
    publisher.publish(order("ord_1", "olena"))
    key = f"{redis_prefix}{{store}}:orders_by_change"
    redis.zadd(key, {"shop:ord_1": 1.0})

    publisher.publish(status("ord_1", "paid"), status("ord_404", "paid"))

    ((member, changed_at),) = redis.zrange(key, 0, -1, withscores=True)
    assert (member, changed_at > 1.0) == (b"shop:ord_1", True)


@pytest.mark.parametrize(
    "wrong",
    [
        draft("order_update", {"status": "paid"}, channel="order:ord_1"),
        draft("stats", {}, channel="public:news"),
        draft("notification", {"id": "n", "title": "t", "body": "b"}),
        draft("notification", {"id": "n", "title": "t", "body": "b"}, channel="monitor:shop"),
        draft("notification", {"id": "n", "title": "t", "body": "b"}, channel="nothing"),
        draft("notification", {"id": "n", "title": "t", "body": "b" * (1 << 16)}, user="olena"),
        order("no key", "olena"),
    ],
)
def test_an_invalid_publication_is_rejected_with_its_whole_list(
    publisher, redis, redis_prefix, wrong
):
    with pytest.raises((ValueError, RequestError)):
        publisher.publish(status("ord_1", "paid"), wrong)

    assert not redis.keys(f"{redis_prefix}*")
