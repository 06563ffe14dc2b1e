"""Requests take turns: each is answered before the next, and nobody waits for nothing."""

import asyncio

import pytest

from server.session.request_queue import MAX_PENDING, RequestQueue


class Desk:
    """Answers small letters at once, and capitals when told to."""

    def __init__(self):
        self.answered = []
        self.told = []
        self.go_on = asyncio.Event()
        self.turns = RequestQueue(
            self.at_once,
            self.answer,
            lambda: self.told.append("full"),
            lambda: self.told.append("free"),
        )

    def at_once(self, request):
        if request.islower():
            self.answered.append(request)
        return request.islower()

    async def answer(self, request):
        await self.go_on.wait()
        self.answered.append(request)

    async def all_done(self):
        self.go_on.set()
        while self.turns.is_busy:
            await asyncio.sleep(0)


@pytest.fixture
async def desk():
    return Desk()


async def test_a_synchronous_request_is_answered_at_once(desk):
    desk.turns.submit("a")

    assert (desk.answered, desk.turns.is_busy) == (["a"], False)


async def test_a_slow_request_is_not_overtaken_by_synchronous_ones(desk):
    for request in "aBcDe":
        desk.turns.submit(request)
    assert desk.answered == ["a"]

    await desk.all_done()

    assert "".join(desk.answered) == "aBcDe"


async def test_a_full_queue_is_reported_and_so_is_a_drained_one(desk):
    for request in "A" + "b" * (MAX_PENDING - 2):
        desk.turns.submit(request)
    assert desk.told == []
    desk.turns.submit("c")
    assert desk.told == ["full"]

    await desk.all_done()

    assert desk.told == ["full", "free"]
    assert len(desk.answered) == MAX_PENDING
