"""What one server has done under a name, no other does again."""

import asyncio

import pytest

from protocol.publications import PublishResponse
from server.http.responses import ApiError
from server.redis_client import open_redis
from server.settings import Settings
from server.stores.base import StoreUnavailable
from server.stores.redis_idempotency import RedisIdempotencyStore

FIRST = PublishResponse(2, 7)


class Work:
    """Counts how often it is done; may be held up, and may fail the first time."""

    def __init__(self, outcome=FIRST, failing=None):
        self.times, self._outcome, self._failing = 0, outcome, failing
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self):
        self.times += 1
        number = self.times
        await self.may_end.wait()
        if self._failing and number == 1:
            raise self._failing
        return self._outcome


@pytest.fixture
async def link(redis_server):
    async with open_redis(Settings(redis_url=redis_server.url)) as link:
        yield link


@pytest.fixture
def servers(link, redis_prefix):
    return [RedisIdempotencyStore(link, redis_prefix, timeout_s=20) for _ in range(2)]


async def test_another_server_gives_the_first_answer(servers):
    work = Work()

    assert [await server.run_once("k", b"x", work) for server in servers * 2] == [FIRST] * 4
    assert work.times == 1
    await servers[1].run_once("another", b"x", work)
    assert work.times == 2


async def test_a_refusal_is_an_answer_too(servers):
    work = Work(ApiError(422, "invalid_publication", "Чому", 3))

    first, again = [await server.run_once("k", b"x", work) for server in servers]

    assert work.times == 1
    for told in (first, again):
        assert (told.status, told.code, told.message, told.index) == (
            422, "invalid_publication", "Чому", 3,
        )  # fmt: skip


async def test_another_digest_is_a_conflict(servers):
    work = Work()
    await servers[0].run_once("k", b"x", work)

    with pytest.raises(ApiError) as refused:
        await servers[1].run_once("k", b"y", work)

    assert (refused.value.status, work.times) == (409, 1)


async def test_repeats_that_come_meanwhile_wait_for_the_first(servers):
    work = Work()
    work.may_end.clear()
    asked = [asyncio.create_task(server.run_once("k", b"x", work)) for server in servers * 3]
    while not work.times:
        await asyncio.sleep(0)
    work.may_end.set()

    assert (await asyncio.gather(*asked), work.times) == ([FIRST] * 6, 1)


async def test_who_waits_too_long_is_told_so(link, redis_prefix):
    first, hasty = (RedisIdempotencyStore(link, redis_prefix, timeout_s=p) for p in (20, 0.1))
    work = Work()
    work.may_end.clear()
    asked = asyncio.create_task(first.run_once("k", b"x", work))
    while not work.times:
        await asyncio.sleep(0)

    with pytest.raises(StoreUnavailable):
        await hasty.run_once("k", b"x", work)

    work.may_end.set()
    assert (await asked, work.times) == (FIRST, 1)


async def test_what_failed_is_done_again(servers):
    work = Work(failing=StoreUnavailable())
    with pytest.raises(StoreUnavailable):
        await servers[0].run_once("k", b"x", work)

    assert await servers[1].run_once("k", b"y", work) == FIRST


async def test_the_claim_of_a_server_that_was_killed_runs_out(link, redis_prefix):
    killed, other = (
        RedisIdempotencyStore(link, redis_prefix, 20, claim_ttl_s=0.2) for _ in range(2)
    )
    endless, work = Work(), Work()
    endless.may_end.clear()
    asked = asyncio.create_task(killed.run_once("k", b"x", endless))
    while not endless.times:
        await asyncio.sleep(0)

    assert await other.run_once("k", b"x", work) == FIRST
    asked.cancel()
    await asyncio.wait([asked])
    assert await other.run_once("k", b"x", work) == FIRST
    assert work.times == 1


async def test_without_redis_it_cannot_be_known_and_is_not_done(start_redis, redis_prefix):
    redis = start_redis()
    work = Work()
    async with open_redis(Settings(redis_url=redis.url, broker_timeout_s=0.2)) as link:
        redis.kill()
        with pytest.raises(StoreUnavailable):
            await RedisIdempotencyStore(link, redis_prefix, 0.2).run_once("k", b"x", work)

    assert work.times == 0
