"""The composition root: puts the parts together, starts them and stops them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from server.admin import Admin
from server.auth import make_verifier
from server.conversations import KEPT_S, Conversations
from server.counters import Counters
from server.desk import Desk
from server.doorstep import Doorstep
from server.ears import HubEars
from server.endings import end
from server.exchange import Shared
from server.flusher import Flusher
from server.gateway import Gateway, World
from server.hub import Hub
from server.idempotency import Idempotency
from server.metrics import Metrics
from server.nodes.questions import Done, OrderMoved
from server.orders import Orders
from server.parts import Parts, chosen_parts
from server.publishing import Publishing
from server.reporter import Reporter
from server.revocations import Revocations
from server.routes import Routes
from server.settings import Settings
from server.stores.base import Order, Store, StoreUnavailable

log = logging.getLogger(__name__)

GOODBYE_S = 2.0  # for clients to answer the close frame; the whole stop takes under 4 s
FORGET_EVERY_S = 3600.0


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[int]:
    """Serve while the block lasts; yields the port.

    Raises:
        Misconfigured: the settings do not fit together.
        StoreUnavailable: the database cannot be opened.
        OSError: the address cannot be listened on.
    """
    settings.check()
    async with chosen_parts(settings, time.time) as parts, _serving(settings, parts) as port:
        yield port


@asynccontextmanager
async def _serving(settings: Settings, parts: Parts) -> AsyncIterator[int]:
    broker, store, peers, counters = parts.broker, parts.store, parts.peers, Counters()
    flusher = Flusher(asyncio.get_running_loop())
    hub = Hub(counters, flusher.cast)
    reporter = Reporter(peers, hub, broker, counters, time.time)
    flusher.flushed.append(reporter.flushed)
    shared = Shared(
        hub=hub,
        broker=broker,
        counters=counters,
        clock=time.time,
        message_bytes=settings.message_bytes,
        outbox_bytes=settings.outbox_bytes,
        places=peers.places,
    )
    metrics = Metrics(
        reporter.node,
        counters,
        reporter.latencies,
        lambda: sum(each.outbox.waiting_bytes for each in hub.connections),
    )
    hub.observers.append(metrics.delivered)

    async def changed(order: Order) -> None:
        await peers.ask(OrderMoved(order), Done)

    async with broker.listen(HubEars(hub, time.time, peers.tapped)):
        revocations = Revocations(store)
        await revocations.load()
        verifier = make_verifier(settings, revocations.refuse)
        orders, talks = Orders(store, changed, lambda: peers.hears), Conversations(store)
        gateway = Gateway(settings, World(verifier, orders, talks, shared), flusher)
        desk = Desk(gateway, hub, orders, revocations, peers.name, reporter.node, time.time)
        publishing = Publishing(orders, broker, hub, time.time)
        doorstep = Doorstep(time.monotonic)
        routes = Routes(
            gateway=gateway,
            verifier=verifier,
            publishing=publishing,
            talks=talks,
            broker=broker,
            store=store,
            admin=Admin(peers, revocations, time.time),
            idempotency=Idempotency(time.time, parts.answers),
            metrics=metrics,
            doorstep=doorstep,
        )
        # aiohttp's own logs print request lines, and with them tokens; see routes.py for ours.
        # Not below ``server``, or it would mute a module of that name as well.
        mute = logging.getLogger("muted.aiohttp")
        mute.setLevel(logging.CRITICAL)
        runner = web.AppRunner(
            routes.application(), access_log=None, logger=mute, shutdown_timeout=0.5
        )
        await runner.setup()
        try:
            async with peers.open(desk):
                site = web.TCPSite(runner, settings.host, settings.port, backlog=1024)
                await site.start()
                at_the_door = doorstep.run(
                    lambda: runner.server.connections if runner.server else []
                )
                async with _in_background(
                    gateway.sweep(), reporter.run(), _forget(store), at_the_door
                ):
                    yield runner.addresses[0][1]
                    await site.stop()
                    await gateway.close(GOODBYE_S)
        finally:
            await runner.cleanup()


@asynccontextmanager
async def _in_background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        yield
        await end(tasks)


async def _forget(store: Store) -> None:
    """Drop old conversations, now and every hour."""
    while True:
        try:
            await store.forget(time.time() - KEPT_S)
        except StoreUnavailable as why:
            log.warning("old conversations could not be dropped: %s", why)
        await asyncio.sleep(FORGET_EVERY_S)
