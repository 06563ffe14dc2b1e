"""``Idempotency-Key``: what is repeated is answered as before, and done once."""

import asyncio

import pytest

from server.auth.identity import Identity, Role
from server.errors import ApiError
from server.services.idempotency import (
    ANSWER_TTL_S,
    MAX_KEY_LENGTH,
    MAX_KEYS,
    Idempotency,
    NullIdempotencyStore,
)
from server.stores.base import StoreUnavailable

NOTICE = {"type": "notification", "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"}}
NEWS = NOTICE | {"channel": "public:news"}


def person(user_id="svc", tenant_id="shop"):
    return Identity(
        user_id=user_id, tenant_id=tenant_id, role=Role.SERVICE, name="", issued_at=0, expires_at=1
    )


class Work:
    """Counts how often it is done; may be held up, and may fail the first time."""

    def __init__(self, failing=None):
        self.times, self.failing = 0, failing
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self):
        self.times += 1
        number = self.times
        await self.may_end.wait()
        if self.failing and number == 1:
            raise self.failing
        return f"answer {number}"


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def idempotency(now):
    return Idempotency(lambda: now[0], NullIdempotencyStore())


async def test_a_repeat_gets_the_first_answer_and_nothing_is_done_again(idempotency):
    work = Work()

    answers = [await idempotency.run_once(person(), "k", b"x", work) for _ in range(3)]

    assert (answers, work.times) == (["answer 1"] * 3, 1)


async def test_other_keys_and_other_people_are_no_repeats(idempotency):
    work = Work()

    for who, key in [
        (person(), "k"),
        (person(), "l"),
        (person("other"), "k"),
        (person(tenant_id="books"), "k"),
    ]:
        await idempotency.run_once(who, key, b"x", work)

    assert work.times == 4


async def test_a_key_with_another_body_is_a_conflict(idempotency):
    work = Work()
    await idempotency.run_once(person(), "k", b"x", work)

    with pytest.raises(ApiError) as refused:
        await idempotency.run_once(person(), "k", b"y", work)

    assert (refused.value.code, work.times) == ("key_reused", 1)


async def test_repeats_that_come_meanwhile_wait_for_the_first(idempotency):
    work = Work()
    work.may_end.clear()
    asked = [asyncio.create_task(idempotency.run_once(person(), "k", b"x", work)) for _ in range(5)]
    while not work.times:
        await asyncio.sleep(0)
    work.may_end.set()

    assert (await asyncio.gather(*asked), work.times) == (["answer 1"] * 5, 1)


async def test_a_repeat_that_gives_up_takes_nothing_from_the_others(idempotency):
    work = Work()
    work.may_end.clear()
    first, hasty, patient = (
        asyncio.create_task(idempotency.run_once(person(), "k", b"x", work)) for _ in range(3)
    )
    while not work.times:
        await asyncio.sleep(0)
    hasty.cancel()
    work.may_end.set()

    assert [await first, await patient] == ["answer 1"] * 2


async def test_a_first_that_failed_is_not_remembered(idempotency):
    work = Work(failing=StoreUnavailable())
    with pytest.raises(StoreUnavailable):
        await idempotency.run_once(person(), "k", b"x", work)

    assert await idempotency.run_once(person(), "k", b"x", work) == "answer 2"


async def test_when_the_first_fails_one_of_those_who_waited_does_it(idempotency):
    work = Work(failing=StoreUnavailable())
    work.may_end.clear()
    asked = [asyncio.create_task(idempotency.run_once(person(), "k", b"x", work)) for _ in range(4)]
    while not work.times:
        await asyncio.sleep(0)
    work.may_end.set()

    first, *others = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(first, StoreUnavailable)
    assert (others, work.times) == (["answer 2"] * 3, 2)


async def test_after_five_minutes_it_is_done_again(idempotency, now):
    work = Work()
    await idempotency.run_once(person(), "k", b"x", work)
    now[0] = ANSWER_TTL_S - 1
    assert await idempotency.run_once(person(), "k", b"x", work) == "answer 1"
    now[0] = ANSWER_TTL_S

    assert await idempotency.run_once(person(), "k", b"another", work) == "answer 2"


async def test_the_keys_remembered_are_bounded_and_the_oldest_goes_first(idempotency):
    work = Work()
    for number in range(MAX_KEYS + 1):
        await idempotency.run_once(person(), str(number), b"x", work)

    assert await idempotency.run_once(person(), "1", b"x", work) == "answer 2"
    assert await idempotency.run_once(person(), "0", b"x", work) == f"answer {MAX_KEYS + 2}"


@pytest.mark.parametrize("key", ["", "x" * (MAX_KEY_LENGTH + 1), "ключ", "a\x7fb"])
async def test_what_is_no_key_is_refused(idempotency, key):
    work = Work()

    with pytest.raises(ApiError) as refused:
        await idempotency.run_once(person(), key, b"x", work)

    assert (refused.value.code, work.times) == ("invalid_key", 0)


async def test_a_publication_is_delivered_once_however_often_it_is_repeated(server):
    client = await server.sign_in()
    await client.subscribe("public:news")

    async def publish(what, key):
        return await server.publish(what, headers={"Idempotency-Key": key})

    answers = await asyncio.gather(*(publish(NEWS, "k") for _ in range(5)))
    conflict, _ = await publish(NEWS | {"note": "other"}, "k")
    refusals = [await publish({"type": "ping"}, "bad") for _ in range(2)]
    no_key, _ = await publish(NEWS, "")

    assert answers == [(200, {"accepted": 1, "reached": 1})] * 5
    assert (conflict, no_key) == (409, 422)
    assert refusals[0] == refusals[1]
    assert refusals[0][0] == 422
    assert (await client.next_event())["payload"] == NOTICE["payload"]
    assert await client.is_silent()
