"""Runs the simulator: shop, publisher, WebSocket clients and HTTP API."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from functools import partial

import aiohttp
from msgspec import Struct

from client.errors import ConnectionLost
from client.publisher import Publisher
from client.tokens import mint
from simulator.commands import SLOWEST, StartScenario
from simulator.control import HOST, Control
from simulator.house import Premises
from simulator.presence import Presence
from simulator.runner import Runner
from simulator.settings import Settings
from simulator.shopkeeper import Shopkeeper
from simulator.shops import Shops

SERVICE_ID = "service_simulator"
LAST_WORDS_S = 2.0
"""How long to wait on shutdown for queued publications."""

log = logging.getLogger("simulator")


class Opening(Struct, frozen=True, kw_only=True):
    """Options of a run: ``lasts_s`` is in virtual seconds, None means no limit."""

    scenarios: tuple[str, ...] = ()
    speed: float = SLOWEST
    lasts_s: float | None = None


async def serve(
    settings: Settings, premises: Premises, stop: asyncio.Event, opening: Opening
) -> None:
    """Run everything until ``stop`` is set or the duration has passed.

    Raises:
        OSError: the port of the control API is in use.
    """
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        publisher = Publisher(settings.http_url, _service_tokens(settings), http=http)
        presence = Presence(settings, premises, http)
        shops = Shops(settings, premises)
        runner = Runner(shops.open, publisher, presence, time.monotonic, speed=opening.speed)
        keeper = Shopkeeper(runner, publisher, presence)
        control = Control(keeper, secret=settings.jwt_secret, tenant=settings.tenant)
        port = await control.open(settings.simulator_port)
        log.info("control API on http://%s:%d, publishing to %s", HOST, port, settings.http_url)
        try:
            async with asyncio.TaskGroup() as works:
                works.create_task(publisher.run())
                customers = works.create_task(presence.run())
                day = works.create_task(runner.run(opening.lasts_s))
                day.add_done_callback(lambda _: stop.set())
                await presence.has_begun.wait()
                for name in opening.scenarios:
                    runner.do(StartScenario(name=name))
                await stop.wait()
                log.info("stopping")
                day.cancel()
                customers.cancel()
                with suppress(TimeoutError, ConnectionLost):
                    await asyncio.wait_for(publisher.flush(), LAST_WORDS_S)
                await publisher.aclose()
        finally:
            await control.close()
            _sum_up(runner, publisher)


def _sum_up(runner: Runner, publisher: Publisher) -> None:
    counts = publisher.counts
    log.info(
        "%.1f virtual seconds simulated, %.1f skipped; %d publications: %d accepted, "
        "%d dropped, %d refused, %d unsent",
        runner.shop.elapsed,
        runner.skipped_s,
        counts.accepted + counts.dropped + counts.refused + counts.waiting,
        counts.accepted,
        counts.dropped,
        counts.refused,
        counts.waiting,
    )


def _service_tokens(settings: Settings) -> partial[str]:
    return partial(
        mint,
        settings.jwt_secret,
        user_id=SERVICE_ID,
        tenant_id=settings.tenant,
        role="service",
        name="Simulator",
    )
