"""A request that one server has processed is not processed again by another."""

import asyncio

import pytest

from protocol.publications import PublishResponse
from server.errors import ApiError, ApiErrorCode
from server.http.stored_responses import decode_response, encode_response
from server.redis_client import open_redis
from server.settings import Settings
from server.stores.base import StoreUnavailable
from server.stores.redis_idempotency import RedisIdempotencyStore

FIRST = PublishResponse(2, 7)


class Operation:
    """Counts its runs; can be held up, and can fail the first time."""

    def __init__(self, outcome=FIRST, failing=None):
        self.runs, self._outcome, self._failing = 0, outcome, failing
        self.can_finish = asyncio.Event()
        self.can_finish.set()

    async def __call__(self):
        self.runs += 1
        run = self.runs
        await self.can_finish.wait()
        if self._failing and run == 1:
            raise self._failing
        return self._outcome


@pytest.fixture
async def redis(redis_server):
    async with open_redis(Settings(redis_url=redis_server.url)) as redis:
        yield redis


@pytest.fixture
def make_store(redis, redis_prefix):
    """Make the store of one more server: make_store(timeout_s=1)."""

    def make(timeout_s=20, **options):
        return RedisIdempotencyStore(
            redis,
            redis_prefix,
            timeout_s,
            encode=encode_response,
            decode=decode_response,
            **options,
        )

    return make


@pytest.fixture
def servers(make_store):
    return [make_store(), make_store()]


async def test_another_server_returns_the_first_outcome(servers):
    operation = Operation()

    assert [await server.run_once("k", b"x", operation) for server in servers * 2] == [FIRST] * 4
    assert operation.runs == 1
    await servers[1].run_once("another", b"x", operation)
    assert operation.runs == 2


async def test_a_refusal_leaves_no_key(servers, redis, redis_prefix):
    operation = Operation(failing=ApiError(ApiErrorCode.INVALID_PUBLICATION, "Чому", 3))
    with pytest.raises(ApiError):
        await servers[0].run_once("k", b"x", operation)

    assert await redis.keys(f"{redis_prefix}*") == []
    assert await servers[1].run_once("k", b"y", operation) == FIRST


async def test_another_digest_with_the_same_key_is_a_conflict(servers):
    operation = Operation()
    await servers[0].run_once("k", b"x", operation)

    with pytest.raises(ApiError) as raised:
        await servers[1].run_once("k", b"y", operation)

    assert (raised.value.code, operation.runs) == ("key_reused", 1)


async def test_repeats_wait_for_the_outcome_of_a_request_in_progress(servers):
    operation = Operation()
    operation.can_finish.clear()
    requests = [
        asyncio.create_task(server.run_once("k", b"x", operation)) for server in servers * 3
    ]
    while not operation.runs:
        await asyncio.sleep(0)
    operation.can_finish.set()

    assert (await asyncio.gather(*requests), operation.runs) == ([FIRST] * 6, 1)


async def test_waiting_for_another_server_ends_with_an_error_after_the_timeout(make_store):
    first, second = make_store(), make_store(timeout_s=0.1)
    operation = Operation()
    operation.can_finish.clear()
    request = asyncio.create_task(first.run_once("k", b"x", operation))
    while not operation.runs:
        await asyncio.sleep(0)

    with pytest.raises(StoreUnavailable):
        await second.run_once("k", b"x", operation)

    operation.can_finish.set()
    assert (await request, operation.runs) == (FIRST, 1)


async def test_an_operation_that_failed_is_run_again(servers):
    operation = Operation(failing=StoreUnavailable())
    with pytest.raises(StoreUnavailable):
        await servers[0].run_once("k", b"x", operation)

    assert await servers[1].run_once("k", b"y", operation) == FIRST


async def test_the_claim_of_a_killed_server_expires(make_store):
    killed, other = (make_store(claim_ttl_s=0.2) for _ in range(2))
    endless, operation = Operation(), Operation()
    endless.can_finish.clear()
    request = asyncio.create_task(killed.run_once("k", b"x", endless))
    while not endless.runs:
        await asyncio.sleep(0)

    assert await other.run_once("k", b"x", operation) == FIRST
    request.cancel()
    await asyncio.wait([request])
    assert await other.run_once("k", b"x", operation) == FIRST
    assert operation.runs == 1


async def test_without_redis_the_operation_is_not_run(start_redis, redis_prefix):
    program = start_redis()
    operation = Operation()
    settings = Settings(redis_url=program.url, broker_timeout_s=0.2)
    async with open_redis(settings) as redis:
        store = RedisIdempotencyStore(
            redis, redis_prefix, 0.2, encode=encode_response, decode=decode_response
        )
        program.kill()
        with pytest.raises(StoreUnavailable):
            await store.run_once("k", b"x", operation)

    assert operation.runs == 0
