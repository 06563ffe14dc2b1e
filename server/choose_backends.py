"""Opens the backends that the settings choose: in memory and SQLite, or Redis."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from socket import gethostname

from msgspec import Struct

from protocol.publications import PublishResponse
from protocol.retention import Retention
from server.cluster.cluster import Cluster
from server.cluster.connection_limits import LocalConnectionLimiter
from server.cluster.redis_cluster_node import RedisClusterNode
from server.cluster.single_node import SingleNode
from server.http.stored_responses import decode_response, encode_response
from server.monitoring.counters import Counters
from server.pubsub.brokers.base import Broker
from server.pubsub.brokers.memory.broker import MemoryBroker
from server.pubsub.brokers.redis.broker import RedisBroker, RedisBrokerOptions
from server.redis_client import RedisClient, open_redis
from server.services.idempotency import IdempotencyStore, NullIdempotencyStore
from server.settings import Settings
from server.stores.base import Store
from server.stores.redis import RedisStore
from server.stores.redis_idempotency import RedisIdempotencyStore
from server.stores.sqlite import SqliteStore
from server.supervisor import Supervisor

DATABASE_FILE = "workbench.sqlite3"


class Backends(Struct, frozen=True):
    """The broker, the stores and the cluster that the settings choose."""

    broker: Broker
    store: Store
    cluster: Cluster
    idempotency_store: IdempotencyStore[PublishResponse]


@contextlib.asynccontextmanager
async def open_backends(
    settings: Settings, clock: Callable[[], float], supervisor: Supervisor, counters: Counters
) -> AsyncIterator[Backends]:
    """Open the backends while the block lasts; ``clock`` is in seconds since the epoch.

    Raises:
        StoreUnavailable: the database cannot be opened, or Redis failed after it was checked.
        RedisUnusable: a Redis is configured and cannot be used.
    """
    retention = Retention(settings.history_messages, settings.history_s)
    if settings.redis_url:
        async with open_redis(settings) as redis:
            options = RedisBrokerOptions(
                prefix=settings.redis_prefix,
                sharded=settings.redis_sharded,
                timeout_s=settings.broker_timeout_s,
                retention=retention,
            )
            store = RedisStore(redis, settings.redis_prefix)
            await store.adopt_orders_of_earlier_versions(clock())
            idempotency_store = RedisIdempotencyStore(
                redis,
                settings.redis_prefix,
                settings.broker_timeout_s,
                encode=encode_response,
                decode=decode_response,
            )
            yield Backends(
                RedisBroker(redis, options, supervisor, counters),
                store,
                _make_cluster_node(settings, redis, clock, supervisor, counters),
                idempotency_store,
            )
    else:
        path = Path(settings.data_dir) / DATABASE_FILE
        database = await SqliteStore.open(path, settings.broker_timeout_s)
        async with contextlib.aclosing(database):
            cluster = SingleNode(
                settings.node or gethostname(),
                LocalConnectionLimiter(settings.connections_per_user),
                clock,
            )
            yield Backends(
                MemoryBroker(retention, clock), database, cluster, NullIdempotencyStore()
            )


def _make_cluster_node(
    settings: Settings,
    redis: RedisClient,
    clock: Callable[[], float],
    supervisor: Supervisor,
    counters: Counters,
) -> RedisClusterNode:
    suffix = secrets.token_hex(2)  # a free port is not known yet, and the name must be unique
    return RedisClusterNode(
        redis,
        settings.redis_prefix,
        settings.node or f"{gethostname()}:{settings.port or suffix}",
        settings.connections_per_user,
        settings.broker_timeout_s,
        settings.node_timeout_s,
        clock,
        supervisor,
        counters,
    )
