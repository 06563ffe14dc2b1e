"""The client of Redis responds in time, or says what is wrong and what to do."""

import asyncio
import signal

import pytest

from server.redis_client import REDIS_ERRORS, RedisUnusable, open_redis
from server.settings import Settings


def settings(url, **others):
    return Settings(redis_url=url, **others)


async def test_a_client_runs_commands(redis_server, redis_prefix):
    async with open_redis(settings(redis_server.url)) as link:
        await link.set(f"{redis_prefix}a", "1")

        assert await link.get(f"{redis_prefix}a") == b"1"


@pytest.mark.parametrize("is_sharded", [False, True])
async def test_a_missing_redis_is_named_with_what_to_do(is_sharded):
    url = "redis://olena:hunter2@127.0.0.1:1/0"

    with pytest.raises(
        RedisUnusable, match=r"127\.0\.0\.1:1/0 does not answer.*Start it"
    ) as raised:
        async with open_redis(settings(url, broker_timeout_s=0.1, redis_sharded=is_sharded)):
            pass

    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("password", ["", ":swordfish@"])
async def test_a_redis_that_wants_a_password_says_where_to_put_it(start_redis, password):
    server = start_redis("--requirepass", "hunter2")

    with pytest.raises(RedisUnusable, match=r"does not let this server in.*WORKBENCH_REDIS_URL"):
        async with open_redis(settings(f"unix://{password}{server.path}")):
            pass
    async with open_redis(settings(f"unix://:hunter2@{server.path}")) as link:
        assert await link.ping()


async def test_an_unresponsive_redis_is_an_error_within_the_timeout(start_redis):
    server = start_redis()

    async with open_redis(settings(server.url, broker_timeout_s=0.1)) as link:
        server.send_signal(signal.SIGSTOP)
        with pytest.raises(REDIS_ERRORS):
            await link.ping()
        server.send_signal(signal.SIGCONT)

        assert await link.ping()


async def test_a_redis_that_is_starting_is_waited_for(start_redis):
    server = start_redis()
    server.kill()

    async def begin():
        async with open_redis(settings(server.url, broker_timeout_s=10.0)) as link:
            return await link.ping()

    beginning = asyncio.create_task(begin())
    await asyncio.sleep(0)
    server.start()

    assert await beginning


async def test_a_redis_that_loads_its_data_is_waited_for(start_redis):
    slowly = ("--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--key-load-delay", "50")
    server = start_redis(*slowly)
    async with open_redis(settings(server.url)) as link, link.pipeline() as pipeline:
        for number in range(8000):
            pipeline.set(f"key-{number}", "x")
        await pipeline.execute()
    server.kill()
    server.start()

    async with open_redis(settings(server.url, broker_timeout_s=10.0)) as link:
        assert await link.get("key-7999") == b"x"
