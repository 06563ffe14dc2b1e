"""Requests take queue: each is answered before the next, and nobody waits for nothing."""

import asyncio

import pytest

from server.session.request_queue import MAX_PENDING, RequestQueue


class Handler:
    """Answers small letters at once, and capitals when allowed to."""

    def __init__(self):
        self.answered = []
        self.reported = []
        self.may_continue = asyncio.Event()
        self.queue = RequestQueue(
            self.at_once,
            self.answer,
            lambda: self.reported.append("full"),
            lambda: self.reported.append("drained"),
        )

    def at_once(self, request):
        if request.islower():
            self.answered.append(request)
        return request.islower()

    async def answer(self, request):
        await self.may_continue.wait()
        self.answered.append(request)

    async def until_answered(self, number):
        self.may_continue.set()
        while len(self.answered) < number:
            await asyncio.sleep(0)


@pytest.fixture
async def handler():
    return Handler()


async def test_a_synchronous_request_is_answered_at_once(handler):
    handler.queue.submit("a")

    assert handler.answered == ["a"]


async def test_a_slow_request_is_not_overtaken_by_synchronous_ones(handler):
    for request in "aBcDe":
        handler.queue.submit(request)
    assert handler.answered == ["a"]

    await handler.until_answered(5)

    assert "".join(handler.answered) == "aBcDe"


async def test_a_full_queue_is_reported_and_so_is_a_drained_one(handler):
    for request in "A" + "b" * (MAX_PENDING - 2):
        handler.queue.submit(request)
    assert handler.reported == []
    handler.queue.submit("c")
    assert handler.reported == ["full"]

    await handler.until_answered(MAX_PENDING)

    assert handler.reported == ["full", "drained"]
