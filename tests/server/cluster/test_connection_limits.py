"""How many connections a user may have, alone and over all servers of a cluster."""

import asyncio

import pytest

from server.cluster.connection_limits import ClusterConnectionLimiter, LocalConnectionLimiter
from server.cluster.node_registry import NodeRegistry


class Line:
    """One order of notices that two servers hear; each has its own roster of the other."""

    def __init__(self, limit=2):
        self.waiting = []
        self.rosters = {"a": NodeRegistry(), "b": NodeRegistry()}
        self.places = {
            name: ClusterConnectionLimiter(
                limit, self.teller(name), self.rosters[name].connections_of
            )
            for name in self.rosters
        }

    def teller(self, name):
        return lambda numbers, came_back: self.waiting.append((name, dict(numbers), came_back))

    def carry(self):
        """Let everybody hear what has been said until now."""
        while self.waiting:
            sender, numbers, came_back = self.waiting.pop(0)
            for name, roster in self.rosters.items():
                if name != sender:
                    roster.update_counts(sender, numbers, is_all=False)
            if came_back is not None:
                came_back()

    async def take(self, *names, user="olena"):
        """Take places on these servers at once; returns which were free."""
        asked = [asyncio.create_task(self.places[name].acquire(user)) for name in names]
        while not all(each.done() for each in asked):
            await asyncio.sleep(0)
            self.carry()
        return [each.result() for each in asked]


@pytest.fixture
def line():
    return Line()


async def test_alone_a_user_has_as_many_as_the_limit_and_those_given_back_again():
    places = LocalConnectionLimiter(2)

    assert [await places.acquire("olena") for _ in range(3)] == [True, True, False]
    assert await places.acquire("taras")
    places.release("olena")
    assert [await places.acquire("olena") for _ in range(2)] == [True, False]
    assert places.in_use == 3


async def test_a_user_has_no_more_on_two_servers_than_on_one(line):
    assert await line.take("a") + await line.take("b") + await line.take("a") == [True, True, False]
    assert await line.take("b", user="taras") == [True]


async def test_of_those_that_come_at_once_the_first_told_have_the_places(line):
    assert await line.take("a", "b", "a", "b") == [True, True, False, False]
    line.carry()

    assert [places.in_use for places in line.places.values()] == [1, 1]
    assert [roster.connections_of("olena") for roster in line.rosters.values()] == [1, 1]


async def test_a_place_that_is_given_back_is_free_everywhere(line):
    await line.take("a", "a")

    line.places["a"].release("olena")

    assert await line.take("b", "b") == [True, False]


async def test_who_gives_up_waiting_gives_the_place_back(line):
    giving_up = asyncio.create_task(line.places["a"].acquire("olena"))
    await asyncio.sleep(0)
    giving_up.cancel()
    await asyncio.wait([giving_up])

    assert await line.take("b", "b") == [True, True]
    assert line.places["a"].in_use == 0


async def test_a_server_that_is_cut_off_judges_by_what_it_knows():
    places = ClusterConnectionLimiter(
        1, lambda numbers, came_back: came_back and came_back(), lambda user: 0
    )

    assert [await places.acquire("olena"), await places.acquire("olena")] == [True, False]
