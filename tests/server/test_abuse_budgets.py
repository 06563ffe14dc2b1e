"""What strangers may leave behind; `python -m bench --only abuse` measures the rest."""

from redis.asyncio import Redis

CHANNELS = 200
CHANNELS_AT_A_TIME = 50
UNLIMITED = {"messages_per_second": 1_000_000, "message_burst": 1_000_000}


async def test_nothing_that_strangers_do_leaves_a_key_in_redis(serve, redis_server, redis_prefix):
    server = await serve(redis_url=redis_server.url, redis_prefix=redis_prefix, **UNLIMITED)
    client = await server.connect()
    await client.subscribe("public:first", recoverable=True)

    async with Redis.from_url(redis_server.url) as redis:
        before = set(await redis.keys(f"{redis_prefix}*"))
        for start in range(0, CHANNELS, CHANNELS_AT_A_TIME):
            names = [f"public:invented{start + n}" for n in range(CHANNELS_AT_A_TIME)]
            for name in names:
                options = {"recoverable": True, "last": True}
                await client.send(
                    {"type": "subscribe", "payload": {"channel": name} | options, "id": name}
                )
            for name in names:
                assert (await client.receive())["type"] == "subscribed"
                await client.send({"type": "unsubscribe", "payload": {"channel": name}})
            for _ in names:
                assert (await client.receive())["type"] == "unsubscribed"
        await client.ask("auth", {"token": "invented"})
        await client.ask("chat_message", {"content": "invented"})
        await client.subscribe("order:invented", recoverable=True)
        key = {"Idempotency-Key": "invented"}
        await server.request("POST", "/api/publish", "invented", headers=key, json={})
        after = set(await redis.keys(f"{redis_prefix}*"))

    assert after - before == set()
