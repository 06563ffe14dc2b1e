"""What a cluster stores in Redis and publishes there: keys, types, values, expiry, channels.

Older servers, and services that publish through Redis alone, read and write the same.
"""

import asyncio
import re

import msgspec
import pytest
import redis
from redis.asyncio import Redis

from client.publisher.redis import RedisPublisher
from protocol.publications import PublishRequest

TIMEOUT_S = 20
MINUTE_MS = 60_000
STREAM_POSITION = re.compile(rb"([0-9a-f]{8}) (\d+) ")
RULES = [
    (r"\b1[78]\d{8}\.\d+", "<time>"),
    (r"\bc_[0-9a-f]{12}\b", "<connection>"),
    (r"(epoch = )[0-9a-f]{8}", r"\1<epoch>"),
    (r"(began = )[0-9]+", r"\1<period>"),
    (r"\b[0-9a-f]{16}\b", "<random>"),
    (r"(node|probe):[0-9a-f]+", r"\1:<random>"),
]


def readable(value):
    """Write bytes as text: a run of publications item by item, binary data in hexadecimal."""
    if position := STREAM_POSITION.match(value):
        items, rest = [], value[position.end() :]
        while rest:
            length, _, rest = rest.partition(b":")
            packed, rest = rest[: int(length)], rest[int(length) :]
            fields = msgspec.msgpack.decode(packed)
            assert msgspec.msgpack.encode(fields) == packed
            items.append(" | ".join(map(field, fields)))
        return f"<epoch> {position[2].decode()} {' + '.join(items)}"
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def field(value):
    return f"bin {value.decode()}" if isinstance(value, bytes) else str(value)


async def read_key(link, key, type_):
    """Return the value of a key as lines of text."""
    match type_:
        case "string":
            return [readable(await link.get(key))]
        case "hash":
            fields = sorted((await link.hgetall(key)).items())
            return [f"{name.decode()} = {readable(value)}" for name, value in fields]
        case "list":
            return [readable(item) for item in await link.lrange(key, 0, -1)]
        case "zset":
            members = await link.zrange(key, 0, -1, withscores=True)
            return [f"{score!r} {member.decode()}" for member, score in members]
        case "stream":
            entries = await link.xrange(key)
            fields = [field for _, entry in entries for field in entry.items()]
            return [f"{name.decode()} = {readable(value)}" for name, value in fields]
    raise AssertionError(f"{key} is a {type_}")


class Namespace:
    """All keys and channels of a Redis whose names have a prefix, which is left out."""

    def __init__(self, link, prefix, normalize):
        self.link, self.prefix, self._normalize = link, prefix, normalize
        self._pubsub = link.pubsub()
        self._published = []

    async def open(self):
        """Start to receive what is published."""
        await self._pubsub.psubscribe(f"{self.prefix}*")
        self._messages = self._pubsub.listen()
        await anext(self._messages)  # confirms the subscription

    async def close(self):
        await self._pubsub.aclose()

    async def published(self, last):
        """List what is published, but for the cluster bus and probes, to the first with `last`."""
        async with asyncio.timeout(TIMEOUT_S):
            while not any(last in line for line in self._published):
                message = await anext(self._messages)
                channel = message["channel"].decode().removeprefix(self.prefix)
                if not re.match(r"nodes?\b|probe", channel):
                    line = self._normalize(f"{channel} <- {readable(message['data'])}")
                    self._published.append(line)
        return "\n".join(self._published) + "\n"

    async def subscribed(self):
        """List the channels that have subscribers."""
        names = await self.link.pubsub_channels(f"{self.prefix}*")
        return "".join(sorted(f"{self._name(name)}\n" for name in names))

    async def keys(self):
        """List all keys, with types, minutes until they expire (if they do) and values."""
        found = {}
        async for key in self.link.scan_iter(f"{self.prefix}*"):
            type_, expiry_ms = (await self.link.type(key)).decode(), await self.link.pttl(key)
            expiry = "" if expiry_ms < 0 else f", {-(-expiry_ms // MINUTE_MS)} min"
            lines = await read_key(self.link, key, type_)
            text = "".join(f"    {self._normalize(line)}".rstrip() + "\n" for line in lines)
            found[f"{self._name(key)} ({type_}{expiry})"] = text
        return "".join(f"{name}\n{text}" for name, text in sorted(found.items()))

    def _name(self, key):
        return self._normalize(key.decode().removeprefix(self.prefix))


@pytest.fixture
async def namespace(redis_server, redis_prefix, normalize):
    """The keys and channels of this test."""
    normalize.rules += RULES
    async with Redis.from_url(redis_server.url) as link:
        namespace = Namespace(link, redis_prefix, normalize)
        await namespace.open()
        yield namespace
        await namespace.close()


async def test_a_server_stores_and_publishes_this(
    golden, namespace, redis_server, start_server, new_order, notification
):
    await store_an_expired_conversation(namespace)
    server = await start_server(redis_url=redis_server.url, redis_prefix=namespace.prefix)
    olena = await server.sign_in("olena", name="Олена")
    agent = await server.sign_in("agent", "agent")
    await agent.request({"type": "subscribe", "payload": {"channel": "tenant:shop"}})
    service = "POST", "/api/publish", "svc service"

    await server.request(*service, new_order())
    several = [notification(id, user="olena") for id in ("n_1", "n_2")]
    several.append(notification("n_3", channel="order:ord_1"))
    await server.request(*service, several, {"Idempotency-Key": "k1"})
    await server.request(*service, {}, {"Idempotency-Key": "k2"})
    await server.request(*service, notification("n_4", everyone=True))
    by_admin = notification("n_5", user="olena")
    await server.request("POST", "/api/publish", "boss admin", by_admin)
    await server.request(*service, new_order("ord_1", "taras"))
    opened = await olena.request(
        {"type": "chat_message", "payload": {"content": "Коли відправите?"}},
        wanted=lambda message: message["type"] == "chat_message",
    )
    id = opened["payload"]["conversation_id"]
    await agent.request(
        {"type": "chat_message", "payload": {"content": "Сьогодні", "conversation_id": id}},
        wanted=lambda message: message["payload"].get("message", {}).get("sender_id") == "agent",
    )
    revoke = {"revoke": True}
    await server.request("POST", "/api/users/taras/disconnect", "boss admin", revoke)
    await server.request("GET", "/readyz")

    golden("redis_published.txt", await namespace.published(last="Сьогодні"))
    golden("redis_subscribed.txt", await namespace.subscribed())
    golden("redis_keys.txt", await namespace.keys())


async def store_an_expired_conversation(namespace):
    """Store, in the present layout, what a server deletes when it starts."""
    link, store = namespace.link, f"{namespace.prefix}{{store}}:"
    line = '{"id":"msg_1","sender_id":"ivan","sender_name":"Іван","content":"Дякую","at":1000.0}'
    fields = {"tenant_id": "shop", "customer_id": "ivan", "customer_name": "Іван"}
    fields |= {"opened_at": "1000.0", "last": line}
    await link.hset(f"{store}conversation:conv_1", mapping=fields)
    await link.rpush(f"{store}lines:conv_1", line)
    for name, score in (("talks:shop", 1), ("talks:shop:ivan", 1), ("silent_since", 1000.0)):
        await link.zadd(f"{store}{name}", {"conv_1": score})


async def test_a_service_that_publishes_through_redis_stores_and_publishes_this(
    golden, namespace, redis_server, new_order, notification
):
    def publish():
        bodies = [new_order(), notification(user="olena"), notification(everyone=True)]
        requests = [
            msgspec.json.decode(msgspec.json.encode(body), type=PublishRequest) for body in bodies
        ]
        with redis.Redis.from_url(redis_server.url) as link:
            publisher = RedisPublisher(link, tenant="shop", prefix=namespace.prefix)
            publisher.publish(*requests, idempotency_key="k1")

    await asyncio.to_thread(publish)

    golden(
        "redis_publisher_published.txt", await namespace.published(last="tap:shop <- <epoch> 1 *")
    )
    golden("redis_publisher_keys.txt", await namespace.keys())
