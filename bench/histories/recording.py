"""Records a history of two servers on one Redis.

Two customers and two agents, each on both servers in turn, subscribe to two orders and the
tenant; every channel, the users' own included, has a publisher.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import aiohttp

from bench.histories.clients import Client
from bench.histories.cluster import Node, Redis
from bench.histories.events import Event
from bench.histories.nemesis import Nemesis
from bench.histories.proxy import Proxy
from bench.histories.publishers import Publisher, notification
from bench.histories.recorder import Recorder
from client.tokens import mint

TENANT = "bench"
ORDERS = {"ord_1": "customer_1", "ord_2": "customer_2"}
"""Customers of the orders."""
AGENTS = ("agent_1", "agent_2")
TENANT_CHANNEL = f"tenant:{TENANT}"
CHANNELS = {
    **{customer: [f"order:{order}"] for order, customer in ORDERS.items()},
    **{agent: [TENANT_CHANNEL, *(f"order:{order}" for order in ORDERS)] for agent in AGENTS},
}
"""What each client subscribes to, besides its own channel."""
INTERVAL_S = 0.04
"""Between two messages on one channel."""
SETTLE_TIMEOUT_S = 20.0
"""How long clients may take to receive the last messages: the longest delay of a reconnect."""
SETTLE_ATTEMPTS = 3

Scenario = Callable[[Nemesis], Awaitable[None]]


def new_order(number: int) -> tuple[str, dict[str, Any]]:
    """Return a ``new_order``, which records the order again, should Redis have lost it."""
    order, customer = list(ORDERS.items())[number % len(ORDERS)]
    item = {"product_id": "p", "name": "Чайник", "quantity": 1, "price": 100}
    return "new_order", {
        "order": {
            "id": order,
            "number": f"{number}",
            "total": 100,
            "currency": "UAH",
            "status": "pending",
            "customer": {"id": customer, "name": "Олена"},
            "items": [item],
            "created_at": "2026-01-15T10:30:00Z",
        }
    }


async def record_history(
    nodes: Sequence[Node], redis: Redis, *, secret: str, seed: int, scenario: Scenario
) -> list[Event]:
    """Publish and listen during a scenario, and until everybody has the last messages."""
    rng, recorder = Random(seed), Recorder()  # noqa: S311 - it is to be repeated
    ports = [node.target.port for node in nodes]
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        proxies = [await stack.enter_async_context(Proxy(ports, _fork(rng))) for _ in CHANNELS]
        clients = [
            Client(user, channels, proxy, recorder, _fork(rng))
            for (user, channels), proxy in zip(CHANNELS.items(), proxies, strict=True)
        ]
        publishers = [
            Publisher(
                channel,
                new_order if channel == TENANT_CHANNEL else notification,
                http=http,
                token=nodes[0].target.publisher_token,
                ports=ports,
                recorder=recorder,
                rng=_fork(rng),
            )
            for channel in [
                TENANT_CHANNEL,
                *(f"order:{order}" for order in ORDERS),
                *(f"user:{user}" for user in CHANNELS),
            ]
        ]
        await _record_orders(publishers)
        for client in clients:
            role = "agent" if client.user in AGENTS else "customer"
            token = partial(mint, secret, user_id=client.user, tenant_id=TENANT, role=role)
            await stack.enter_async_context(_running(client.run(token, http)))
        nemesis = Nemesis(nodes, ports, redis, proxies, recorder, _fork(rng))
        await _run_scenario(scenario(nemesis), publishers, clients)
        await _settle(publishers, clients)
        return list(recorder.events)


async def _run_scenario(
    scenario: Awaitable[None], publishers: Sequence[Publisher], clients: Sequence[Client]
) -> None:
    """Have publishers and clients act during the scenario."""
    stop = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        for client in clients:
            await stack.enter_async_context(_running(client.act_at_random()))
        async with asyncio.TaskGroup() as tasks:
            for publisher in publishers:
                tasks.create_task(publisher.run(INTERVAL_S, stop))
            await scenario
            stop.set()


async def _record_orders(publishers: Sequence[Publisher]) -> None:
    """Publish each order on the tenant's channel, so that clients may subscribe to it."""
    tenant = next(each for each in publishers if each.channel == TENANT_CHANNEL)
    for _ in ORDERS:
        await tenant.publish_accepted()


async def _settle(publishers: Sequence[Publisher], clients: Sequence[Client]) -> None:
    """Wait until every client has a last message of each of its channels.

    A client may miss it that was just refused an order that Redis had lost: then there is another.
    If none arrives, the checker says what is missing.
    """
    for _ in range(SETTLE_ATTEMPTS):
        await _record_orders(publishers)
        last_texts = {each.channel: await each.publish_accepted() for each in publishers}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_TIMEOUT_S):
                await asyncio.gather(*(client.wait_for(last_texts) for client in clients))
            return


@contextlib.asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    """Run a coroutine that does not end by itself while the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _fork(rng: Random) -> Random:
    """Return a generator of its own, so that the order of events does not change the others."""
    return Random(rng.getrandbits(64))  # noqa: S311 - it is to be repeated
