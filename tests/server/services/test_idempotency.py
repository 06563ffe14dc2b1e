"""``Idempotency-Key``: a repeated request gets the first result, and runs once."""

import asyncio

import pytest

from server.auth.identity import Identity, Role
from server.errors import ApiError, ApiErrorCode
from server.services.idempotency import (
    ANSWER_TTL_S,
    MAX_KEY_LENGTH,
    MAX_KEYS,
    Idempotency,
    NullIdempotencyStore,
)
from server.stores.base import StoreUnavailable

NOTIFICATION = {
    "type": "notification",
    "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"},
}
NEWS = NOTIFICATION | {"channel": "public:news"}


def identity(user_id="svc", tenant_id="shop"):
    return Identity(
        user_id=user_id, tenant_id=tenant_id, role=Role.SERVICE, name="", issued_at=0, expires_at=1
    )


class Operation:
    """Counts its runs; can be held up, and can fail the first time."""

    def __init__(self, failing=None):
        self.runs, self.failing = 0, failing
        self.can_finish = asyncio.Event()
        self.can_finish.set()

    async def __call__(self):
        self.runs += 1
        run = self.runs
        await self.can_finish.wait()
        if self.failing and run == 1:
            raise self.failing
        return f"result {run}"


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def idempotency(now):
    return Idempotency(lambda: now[0], NullIdempotencyStore())


async def test_a_repeat_gets_the_first_result_and_runs_nothing(idempotency):
    operation = Operation()

    results = [await idempotency.run_once(identity(), "k", b"x", operation) for _ in range(3)]

    assert (results, operation.runs) == (["result 1"] * 3, 1)


async def test_requests_with_other_keys_and_of_other_users_are_not_repeats(idempotency):
    operation = Operation()

    for user, key in [
        (identity(), "k"),
        (identity(), "l"),
        (identity("other"), "k"),
        (identity(tenant_id="books"), "k"),
    ]:
        await idempotency.run_once(user, key, b"x", operation)

    assert operation.runs == 4


async def test_a_key_with_another_body_is_a_conflict(idempotency):
    operation = Operation()
    await idempotency.run_once(identity(), "k", b"x", operation)

    with pytest.raises(ApiError) as raised:
        await idempotency.run_once(identity(), "k", b"y", operation)

    assert (raised.value.code, operation.runs) == ("key_reused", 1)


async def test_repeats_wait_for_a_request_in_progress(idempotency):
    operation = Operation()
    operation.can_finish.clear()
    requests = [
        asyncio.create_task(idempotency.run_once(identity(), "k", b"x", operation))
        for _ in range(5)
    ]
    while not operation.runs:
        await asyncio.sleep(0)
    operation.can_finish.set()

    assert (await asyncio.gather(*requests), operation.runs) == (["result 1"] * 5, 1)


async def test_a_cancelled_repeat_does_not_cancel_the_others(idempotency):
    operation = Operation()
    operation.can_finish.clear()
    first, cancelled, other = (
        asyncio.create_task(idempotency.run_once(identity(), "k", b"x", operation))
        for _ in range(3)
    )
    while not operation.runs:
        await asyncio.sleep(0)
    cancelled.cancel()
    operation.can_finish.set()

    assert [await first, await other] == ["result 1"] * 2


async def test_a_failure_is_not_remembered(idempotency):
    operation = Operation(failing=StoreUnavailable())
    with pytest.raises(StoreUnavailable):
        await idempotency.run_once(identity(), "k", b"x", operation)

    assert await idempotency.run_once(identity(), "k", b"x", operation) == "result 2"


async def test_when_the_first_request_fails_one_of_the_waiting_repeats_runs(idempotency):
    operation = Operation(failing=StoreUnavailable())
    operation.can_finish.clear()
    requests = [
        asyncio.create_task(idempotency.run_once(identity(), "k", b"x", operation))
        for _ in range(4)
    ]
    while not operation.runs:
        await asyncio.sleep(0)
    operation.can_finish.set()

    first, *others = await asyncio.gather(*requests, return_exceptions=True)

    assert isinstance(first, StoreUnavailable)
    assert (others, operation.runs) == (["result 2"] * 3, 2)


async def test_a_result_expires_after_five_minutes(idempotency, now):
    operation = Operation()
    await idempotency.run_once(identity(), "k", b"x", operation)
    now[0] = ANSWER_TTL_S - 1
    assert await idempotency.run_once(identity(), "k", b"x", operation) == "result 1"
    now[0] = ANSWER_TTL_S

    assert await idempotency.run_once(identity(), "k", b"another", operation) == "result 2"


async def test_the_number_of_keys_is_bounded_and_the_oldest_is_dropped_first(idempotency):
    operation = Operation()
    for number in range(MAX_KEYS + 1):
        await idempotency.run_once(identity(), str(number), b"x", operation)

    assert await idempotency.run_once(identity(), "1", b"x", operation) == "result 2"
    assert await idempotency.run_once(identity(), "0", b"x", operation) == f"result {MAX_KEYS + 2}"


async def test_other_tenants_refusals_and_other_keys_never_drop_a_request_in_progress_or_done(
    idempotency, monkeypatch
):
    monkeypatch.setattr("server.services.idempotency.MAX_KEYS", 3)
    done, slow = Operation(), Operation()
    slow.can_finish.clear()
    await idempotency.run_once(identity(), "done", b"x", done)
    in_progress = asyncio.create_task(idempotency.run_once(identity(), "slow", b"x", slow))
    while not slow.runs:
        await asyncio.sleep(0)

    for number in range(10):
        refused = Operation(failing=ApiError(ApiErrorCode.INVALID_JSON, "no"))
        with pytest.raises(ApiError):
            await idempotency.run_once(identity(), f"bad{number}", b"x", refused)
        await idempotency.run_once(identity(tenant_id="books"), f"{number}", b"x", Operation())
    assert await idempotency.run_once(identity(), "done", b"x", done) == "result 1"
    for number in range(10):
        await idempotency.run_once(identity(), f"{number}", b"x", Operation())
    repeat = asyncio.create_task(idempotency.run_once(identity(), "slow", b"x", slow))
    slow.can_finish.set()

    assert (await in_progress, await repeat, slow.runs) == ("result 1", "result 1", 1)


async def test_tenants_without_keys_take_no_memory(idempotency, now):
    for number in range(100):
        user = identity(tenant_id=f"tenant{number}")
        await idempotency.run_once(user, "k", b"x", Operation())
        now[0] += ANSWER_TTL_S / 10

    assert len(idempotency._done) <= 11


@pytest.mark.parametrize("key", ["", "x" * (MAX_KEY_LENGTH + 1), "ключ", "a\x7fb"])
async def test_an_invalid_key_is_rejected(idempotency, key):
    operation = Operation()

    with pytest.raises(ApiError) as raised:
        await idempotency.run_once(identity(), key, b"x", operation)

    assert (raised.value.code, operation.runs) == ("invalid_key", 0)


async def test_a_publication_is_delivered_once_however_often_the_request_is_repeated(server):
    client = await server.sign_in()
    await client.subscribe("public:news")

    async def publish(what, key):
        return await server.publish(what, headers={"Idempotency-Key": key})

    answers = await asyncio.gather(*(publish(NEWS, "k") for _ in range(5)))
    conflict, _ = await publish(NEWS | {"note": "other"}, "k")
    errors = [await publish({"type": "ping"}, "bad") for _ in range(2)]
    no_key, _ = await publish(NEWS, "")

    assert answers == [(200, {"accepted": 1, "reached": 1})] * 5
    assert (conflict, no_key) == (409, 422)
    assert errors[0] == errors[1]
    assert errors[0][0] == 422
    assert (await client.next_event())["payload"] == NOTIFICATION["payload"]
    assert await client.is_silent()
