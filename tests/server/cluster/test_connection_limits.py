"""The limit of connections per user, on a single node and over all nodes of a cluster."""

import asyncio

import pytest

from server.cluster.connection_limits import ClusterConnectionLimiter, LocalConnectionLimiter
from server.cluster.node_registry import NodeRegistry


class Bus:
    """Delivers announcements to two nodes in one order; each has its own registry."""

    def __init__(self, limit=2):
        self.pending = []
        self.registries = {"a": NodeRegistry(), "b": NodeRegistry()}
        self.limiters = {
            name: ClusterConnectionLimiter(
                limit, self.announce_as(name), self.registries[name].connections_of
            )
            for name in self.registries
        }

    def announce_as(self, name):
        return lambda numbers, on_echo: self.pending.append((name, dict(numbers), on_echo))

    def deliver(self):
        """Deliver all pending announcements."""
        while self.pending:
            sender, numbers, on_echo = self.pending.pop(0)
            for name, registry in self.registries.items():
                if name != sender:
                    registry.update_counts(sender, numbers, is_all=False)
            if on_echo is not None:
                on_echo()

    async def acquire(self, *names, user="olena"):
        """Connect on these nodes at the same time; returns which connections are allowed."""
        requests = [asyncio.create_task(self.limiters[name].acquire(user)) for name in names]
        while not all(each.done() for each in requests):
            await asyncio.sleep(0)
            self.deliver()
        return [each.result() for each in requests]


@pytest.fixture
def bus():
    return Bus()


async def test_a_user_has_as_many_connections_as_the_limit_on_a_single_node():
    limiter = LocalConnectionLimiter(2)

    assert [await limiter.acquire("olena") for _ in range(3)] == [True, True, False]
    assert await limiter.acquire("taras")
    limiter.release("olena")
    assert [await limiter.acquire("olena") for _ in range(2)] == [True, False]
    assert limiter.in_use == 3


async def test_a_user_has_no_more_connections_on_two_nodes_than_on_one(bus):
    assert await bus.acquire("a") + await bus.acquire("b") + await bus.acquire("a") == [
        True,
        True,
        False,
    ]
    assert await bus.acquire("b", user="taras") == [True]


async def test_of_connections_at_the_same_time_those_announced_first_are_allowed(bus):
    assert await bus.acquire("a", "b", "a", "b") == [True, True, False, False]
    bus.deliver()

    assert [limiter.in_use for limiter in bus.limiters.values()] == [1, 1]
    assert [registry.connections_of("olena") for registry in bus.registries.values()] == [1, 1]


async def test_a_connection_that_is_released_is_released_on_all_nodes(bus):
    await bus.acquire("a", "a")

    bus.limiters["a"].release("olena")

    assert await bus.acquire("b", "b") == [True, False]


async def test_a_cancelled_request_is_released(bus):
    cancelled = asyncio.create_task(bus.limiters["a"].acquire("olena"))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait([cancelled])

    assert await bus.acquire("b", "b") == [True, True]
    assert bus.limiters["a"].in_use == 0


async def test_a_disconnected_node_decides_by_the_counts_it_knows():
    limiter = ClusterConnectionLimiter(
        1, lambda numbers, on_echo: on_echo and on_echo(), lambda user: 0
    )

    assert [await limiter.acquire("olena"), await limiter.acquire("olena")] == [True, False]
