"""A shared result is made once for all who ask within its lifetime."""

import asyncio

import pytest

from server.http.shared_result import SharedResult


class Maker:
    """Makes numbers, each when it is released."""

    def __init__(self):
        self.made, self.now = 0, 0.0
        self.released = asyncio.Event()
        self.released.set()
        self.error = None

    async def __call__(self):
        self.made += 1
        number = self.made
        await self.released.wait()
        if self.error:
            raise self.error
        return number


@pytest.fixture
async def maker():
    return Maker()


@pytest.fixture
async def shared(maker):
    return SharedResult(maker, lifetime_s=1.0, clock=lambda: maker.now)


async def test_all_who_ask_at_once_share_one_result(shared, maker):
    assert await asyncio.gather(*(shared.get() for _ in range(100))) == [1] * 100
    assert maker.made == 1


async def test_a_result_is_reused_for_its_lifetime_and_no_longer(shared, maker):
    assert await shared.get() == 1
    maker.now = 0.9
    assert await shared.get() == 1
    maker.now = 1.0
    assert await shared.get() == 2


async def test_one_that_takes_longer_than_its_lifetime_is_not_made_twice(shared, maker):
    maker.released.clear()
    first = asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    maker.now = 10.0
    second = asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    maker.released.set()

    assert await asyncio.gather(first, second) == [1, 1]


async def test_a_caller_that_goes_away_does_not_spoil_it_for_the_others(shared, maker):
    maker.released.clear()
    leaving, staying = (asyncio.create_task(shared.get()) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    maker.released.set()

    assert await staying == 1


async def test_a_failure_is_shared_as_well(shared, maker):
    maker.error = ZeroDivisionError()

    results = await asyncio.gather(shared.get(), shared.get(), return_exceptions=True)

    assert [type(each) for each in results] == [ZeroDivisionError] * 2
    assert maker.made == 1
