"""The composition root: builds the parts of the server, connects, starts and stops them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE

from server.auth.jwt_verifier import make_verifier
from server.auth.revocations import Revocations
from server.choose_backends import Backends, open_backends
from server.cluster.local_node import LocalNode
from server.http.http_connections import (
    KEEPALIVE_TIMEOUT_S,
    AddressLimiter,
    HttpConnections,
)
from server.http.plain_requests import ResponseEncoder
from server.http.probes import Probes
from server.http.routes import Routes
from server.monitoring.counters import Counters
from server.monitoring.prometheus import Metrics
from server.monitoring.reporter import MonitorReporter
from server.pubsub.hub import Hub
from server.services.admin import AdminService
from server.services.chat import RETENTION_S, ChatService
from server.services.idempotency import Idempotency
from server.services.order_owners import OrderOwners
from server.services.publishing import PublishService
from server.session.dispatcher import ConnectionContext
from server.session_services import SessionServices
from server.settings import Settings
from server.shutdown import shut_down
from server.stores.base import Store, StoreUnavailable
from server.supervisor import Supervisor, TaskKeepsFailing
from server.websocket.batch_writer import BatchWriter
from server.websocket.connection_manager import ConnectionManager
from server.websocket.slow_consumers import QueueLimits
from server.websocket.transport_socket import TransportSocket

log = logging.getLogger(__name__)

DAY_S = 86_400.0
PURGE_INTERVAL_S = 3600.0
LISTEN_BACKLOG = 1024


@asynccontextmanager
async def start_server(
    settings: Settings, make_supervisor: Callable[[], Supervisor] = Supervisor
) -> AsyncIterator[int]:
    """Serve while the block lasts; yields the port.

    Raises:
        TaskKeepsFailing: a task that must run cannot; the block is cancelled.
        InvalidSettings: the settings do not fit together.
        StoreUnavailable: the database cannot be opened, or Redis failed after it was checked.
        RedisUnusable: a Redis is configured and cannot be used.
        OSError: the address cannot be listened on.
    """
    settings.validate()
    supervisor, counters = make_supervisor(), Counters()
    try:
        async with (
            open_backends(settings, time.time, supervisor, counters) as backends,
            _start_server(settings, backends, supervisor, counters) as port,
        ):
            yield port
    except BaseExceptionGroup as group:
        why: BaseException | None = group.subgroup(TaskKeepsFailing)
        while isinstance(why, BaseExceptionGroup):
            why = why.exceptions[0]
        if why is None:
            raise
        raise why from None


@asynccontextmanager
async def _start_server(
    settings: Settings, backends: Backends, supervisor: Supervisor, counters: Counters
) -> AsyncIterator[int]:
    broker, store, cluster = backends.broker, backends.store, backends.cluster
    limits = QueueLimits(
        settings.send_queue_bytes, settings.send_queues_bytes, settings.stall_timeout_s
    )
    writer = BatchWriter(
        asyncio.get_running_loop(),
        time.monotonic,
        time.thread_time,
        limits,
        TransportSocket.send,
    )
    hub = Hub(counters, writer.broadcast, time.time)
    reporter = MonitorReporter(
        cluster, hub, broker, counters, time.time, writer.when_written, settings.send_queue_bytes
    )
    metrics = Metrics(
        reporter.node_stats,
        counters,
        reporter.latency,
        lambda: sum(each.send_queue.queued_bytes for each in hub.connections),
        supervisor.failures,
    )
    hub.observers += [reporter.on_delivered, metrics.on_delivered]
    hub.mirror_observers.append(cluster.on_mirrored)
    context = ConnectionContext(
        hub=hub,
        counters=counters,
        connection_monitor=reporter.connection_monitor,
        clock=time.time,
        monotonic=time.monotonic,
        max_message_bytes=settings.message_bytes,
    )

    async with broker.run(hub):
        revocations = Revocations(store)
        await revocations.load()
        verifier = make_verifier(settings, revocations.is_revoked)
        order_owners = OrderOwners(
            store, cluster, settings.order_retention_days * DAY_S, time.time, time.monotonic
        )
        chat = ChatService(store, settings.chat_messages_per_second)
        session_services = SessionServices(
            verifier=verifier,
            order_owners=order_owners,
            chat=chat,
            broker=broker,
            connection_limiter=cluster.connection_limiter,
            clock=time.time,
            max_recovered_bytes=settings.send_queue_bytes // 2,
        )
        address_limiter = AddressLimiter(settings.connections_per_address, settings.trusted_proxies)
        http_connections = HttpConnections(address_limiter, time.monotonic)
        connection_manager = ConnectionManager(
            settings, context, session_services, writer, address_limiter
        )
        local_node = LocalNode(
            connection_manager,
            hub,
            order_owners,
            revocations,
            cluster.name,
            reporter.node_stats,
            reporter.tenant_stats,
            time.time,
        )
        publishing = PublishService(order_owners, broker, hub, time.time)
        routes = Routes(
            connection_manager=connection_manager,
            verifier=verifier,
            publish_service=publishing,
            chat=chat,
            admin=AdminService(cluster, revocations, time.time, settings.clock_skew_s),
            idempotency=Idempotency(time.monotonic, backends.idempotency_store),
            counters=counters,
            http_connections=http_connections,
            probes=Probes(
                broker=broker,
                store=store,
                cluster=cluster,
                supervisor=supervisor,
                metrics=metrics,
                lifetime_s=settings.probe_lifetime_s,
                clock=time.monotonic,
            ),
            encoder=ResponseEncoder(time.time, SERVER_SOFTWARE),
        )
        # aiohttp's own logs print request lines, and with them tokens; see routes.py for ours.
        # Not below ``server``, or it would mute a module of that name as well.
        aiohttp_log = logging.getLogger("muted.aiohttp")
        aiohttp_log.setLevel(logging.CRITICAL)
        runner = web.AppRunner(
            routes.make_app(), access_log=None, logger=aiohttp_log, shutdown_timeout=0.5
        )
        await runner.setup()
        try:
            async with cluster.join(local_node):
                listener = await _listen(runner, routes, settings, aiohttp_log)
                loops = {
                    "connection_timeouts": connection_manager.run_maintenance,
                    "monitor": reporter.run,
                    "purge": lambda: _purge_loop(store, order_owners),
                    "request_timeouts": http_connections.run,
                }
                async with supervisor.running(loops), asyncio.TaskGroup() as group:
                    watching = group.create_task(supervisor.watch())
                    try:
                        yield listener.sockets[0].getsockname()[1]
                    finally:
                        await shut_down(listener, connection_manager)
                        watching.cancel()
        finally:
            await runner.cleanup()


async def _listen(
    runner: web.AppRunner,
    routes: Routes,
    settings: Settings,
    aiohttp_log: logging.Logger,
) -> asyncio.Server:
    """Accept connections; the protocol of each counts for its address."""
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    loop = asyncio.get_running_loop()
    protocol_factory = routes.http_connections.protocol_factory(
        routes.answer_plain,
        runner.server,
        loop,
        keepalive_timeout=KEEPALIVE_TIMEOUT_S,
        access_log=None,
        logger=aiohttp_log,
    )
    return await loop.create_server(
        protocol_factory, settings.host, settings.port, backlog=LISTEN_BACKLOG
    )


async def _purge_loop(store: Store, order_owners: OrderOwners) -> None:
    """Delete old conversations and old orders, now and every hour."""
    while True:
        try:
            await store.purge_before(time.time() - RETENTION_S)
            await order_owners.purge()
        except StoreUnavailable as why:
            log.warning("old conversations and orders could not be deleted: %s", why)
        await asyncio.sleep(PURGE_INTERVAL_S)
