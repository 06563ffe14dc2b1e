"""The running simulator: the shop, its publisher, its customers and its control, together."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from functools import partial

import aiohttp

from client.errors import ConnectionLost
from client.publisher import Publisher
from client.tokens import mint
from simulator.control import HOST, Control
from simulator.desk import Start
from simulator.presence import Presence
from simulator.report import report
from simulator.runner import Runner
from simulator.settings import Settings
from simulator.shop import Premises, Shop
from simulator.state import PublisherState, State

SERVICE_ID = "service_simulator"
RUNS_SINCE = 1_735_689_600  # 2025-01-01 in UTC: keeps the ids of orders short
LAST_WORDS_S = 0.5
"""What was published just before the end has so long to reach the server."""

log = logging.getLogger("simulator")


def run_id(started_at: float) -> str:
    """Make the part of the ids that no other run has, unless it starts in the same second."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    seconds, text = max(0, int(started_at) - RUNS_SINCE), ""
    while seconds:
        seconds, digit = divmod(seconds, len(digits))
        text = digits[digit] + text
    return text or "0"


async def serve(settings: Settings, premises: Premises, stop: asyncio.Event) -> None:
    """Run everything until ``stop`` is set.

    Raises:
        OSError: the control's port is taken.
    """
    started_at = time.time()
    start = Start(
        seed=settings.seed,
        rate=settings.rate,
        present=settings.customers,
        tenant=settings.tenant,
        run=run_id(started_at),
        started_at=started_at,
    )
    shop = Shop(premises, start)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        publisher = Publisher(settings.http_url, _service_tokens(settings), http=http)
        presence = Presence(settings, premises, http)

        def describe() -> State:
            counts = publisher.counts
            return report(
                shop,
                running=True,
                publisher=PublisherState(
                    accepted=counts.accepted,
                    reached=counts.reached,
                    dropped=counts.dropped,
                    refused=counts.refused,
                    retries=counts.retries,
                    waiting=counts.waiting,
                ),
                customers=presence.states(),
            )

        control = Control(describe, secret=settings.jwt_secret, tenant=settings.tenant)
        port = await control.open(settings.simulator_port)
        log.info("control on http://%s:%d, publishing to %s", HOST, port, settings.http_url)
        try:
            runner = Runner(shop, publisher, presence, time.monotonic)
            async with asyncio.TaskGroup() as works:
                works.create_task(publisher.run())
                customers = works.create_task(presence.run())
                day = works.create_task(runner.run())
                await stop.wait()
                log.info("stopping")
                day.cancel()
                customers.cancel()
                with suppress(TimeoutError, ConnectionLost):
                    await asyncio.wait_for(publisher.flush(), LAST_WORDS_S)
                await publisher.aclose()
        finally:
            await control.close()


def _service_tokens(settings: Settings) -> partial[str]:
    return partial(
        mint,
        settings.jwt_secret,
        user_id=SERVICE_ID,
        tenant_id=settings.tenant,
        role="service",
        name="Simulator",
    )
