"""Runs the simulator: shop, publisher, WebSocket clients and HTTP API."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import aiohttp
from msgspec import Struct

from client.errors import ConnectionLost
from client.publisher.http import HttpPublisher
from client.tokens import mint
from protocol.simulator_api import MIN_SPEED, ShopLanguage, StartScenario
from simulator.api.http import HOST, SimulatorHttpServer
from simulator.api.simulation_api import SimulationApi
from simulator.clients.pool import ClientPool
from simulator.runner import SimulationRunner
from simulator.settings import Settings
from simulator.shop.components import ShopData
from simulator.shop_factory import ShopFactory

SERVICE_ID = "service_simulator"
FLUSH_TIMEOUT_S = 2.0
"""How long to wait on shutdown for queued publications."""

log = logging.getLogger("simulator")


class RunOptions(Struct, frozen=True, kw_only=True):
    """Options of a run; ``duration_s`` is in virtual seconds, None means no limit."""

    scenarios: tuple[str, ...] = ()
    speed: float = MIN_SPEED
    duration_s: float | None = None


async def serve(
    settings: Settings,
    data: Mapping[ShopLanguage, ShopData],
    stop: asyncio.Event,
    options: RunOptions,
) -> None:
    """Run everything until ``stop`` is set or the duration has passed.

    Raises:
        OSError: the port of the control API is in use.
    """
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        publisher = HttpPublisher(settings.http_url, _service_token_source(settings), http=http)
        clients = ClientPool(settings, data[settings.shop_language], http)
        factory = ShopFactory(settings, data)
        runner = SimulationRunner(
            factory.create, publisher, clients, time.monotonic, speed=options.speed
        )
        api = SimulationApi(runner, publisher, clients)
        server = SimulatorHttpServer(api, secret=settings.jwt_secret, tenant=settings.tenant)
        port = await server.start(settings.simulator_port)
        log.info("control API on http://%s:%d, publishing to %s", HOST, port, settings.http_url)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(publisher.run())
                pool = tasks.create_task(clients.run())
                simulation = tasks.create_task(runner.run(options.duration_s))
                simulation.add_done_callback(lambda _: stop.set())
                await clients.has_started.wait()
                for name in options.scenarios:
                    runner.execute(StartScenario(name=name))
                await stop.wait()
                log.info("stopping")
                simulation.cancel()
                pool.cancel()
                with suppress(TimeoutError, ConnectionLost):
                    await asyncio.wait_for(publisher.flush(), FLUSH_TIMEOUT_S)
                await publisher.aclose()
        finally:
            await server.stop()
            _log_totals(runner, publisher)


def _log_totals(runner: SimulationRunner, publisher: HttpPublisher) -> None:
    counts = publisher.counts
    log.info(
        "%.1f virtual seconds simulated, %.1f skipped; %d publications: %d accepted, "
        "%d dropped, %d refused, %d unsent",
        runner.shop.elapsed_s,
        runner.skipped_s,
        counts.accepted + counts.dropped + counts.refused + counts.waiting,
        counts.accepted,
        counts.dropped,
        counts.refused,
        counts.waiting,
    )


def _service_token_source(settings: Settings) -> partial[str]:
    return partial(
        mint,
        settings.jwt_secret,
        user_id=SERVICE_ID,
        tenant_id=settings.tenant,
        role="service",
        name="Simulator",
        tenants="*",  # announcements are public, and so for the customers of every tenant
    )
