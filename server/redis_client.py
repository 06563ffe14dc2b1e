"""The client of Redis: every command ends within a timeout.

Knows no keys.  The URL may contain a password, so it is never logged as it is.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.cluster import PRIMARY
from redis.exceptions import (
    AuthenticationError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from server.retry_delay import RetryDelay
from server.settings import Settings

MIN_VERSION = (6, 2)
MIN_VERSION_SHARDED = (7, 0)  # the first with sharded Pub/Sub
STARTUP_TIMEOUT_FACTOR = 3  # times the timeout of a request: Redis may be starting, too
MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 0.5  # between attempts to connect at the start
MAX_CONNECTIONS = 32  # of one node; a command waits for a free one

RedisClient: TypeAlias = Redis | RedisCluster
REDIS_ERRORS = (RedisError, RedisClusterException, OSError, TimeoutError)
"""What a command raises if Redis cannot be reached or does not do it."""

REJECTIONS = (AuthenticationError, ResponseError)
"""What a command raises if Redis rejects it, and will reject it again."""


class ShardGone(ConnectionError):
    """A shard does not belong to the Redis Cluster any more."""


class RedisUnusable(Exception):
    """Redis cannot be used; the message says why, and what to do about it."""


@asynccontextmanager
async def open_redis(settings: Settings) -> AsyncIterator[RedisClient]:
    """Connect while the block lasts.

    Commands raise one of ``REDIS_ERRORS`` after ``broker_timeout_s``.  The client does not
    retry: only the caller knows whether a command may run twice.

    Raises:
        RedisUnusable: it does not answer, rejects the credentials, or is too old.
    """
    redis = make_redis_client(settings)
    try:
        await _check_server(redis, settings)
        yield redis
    finally:
        await redis.aclose()


def make_redis_client(settings: Settings) -> RedisClient:
    """Make a client, which connects when it is first used."""
    timeout_s = settings.broker_timeout_s
    if settings.redis_sharded:
        return RedisCluster.from_url(
            settings.redis_url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            max_connections=MAX_CONNECTIONS,
            retry=Retry(NoBackoff(), 0),
        )
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=MAX_CONNECTIONS,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


def make_pubsub_connection(redis: RedisClient, shard: str = "") -> AbstractConnection:
    """Make a separate connection, to a shard of a Redis Cluster or to the one Redis.

    Reading has no timeout: the caller has to find out whether the connection is alive.

    Raises:
        ShardGone: it was removed, or its replica has taken over.
    """
    if isinstance(redis, RedisCluster):
        node = redis.get_node(node_name=shard)
        if node is None or node.server_type != PRIMARY:
            raise ShardGone(f"shard {shard} does not exist any more")
        source: ClusterNode | ConnectionPool = node
    else:
        source = redis.connection_pool
    # In RESP2, the first word tells messages and confirmations apart.
    options = {**source.connection_kwargs, "socket_timeout": None, "protocol": 2}
    connection: AbstractConnection = source.connection_class(**options)
    return connection


async def refresh_shards(redis: RedisClient) -> None:
    """Learn which shards a Redis Cluster has now.

    Raises:
        one of REDIS_ERRORS: no node of it answers.
    """
    if isinstance(redis, RedisCluster):
        await redis.nodes_manager.initialize()


async def _check_server(redis: RedisClient, settings: Settings) -> None:
    where = _redacted(settings.redis_url)
    try:
        info = await _info_with_retries(redis, settings.broker_timeout_s * STARTUP_TIMEOUT_FACTOR)
    except AuthenticationError as why:
        raise RedisUnusable(
            f"the Redis at {where} does not let this server in: {why}. "
            "Put user and password into WORKBENCH_REDIS_URL: redis://user:password@host:6379/0"
        ) from None
    except ResponseError as why:
        raise RedisUnusable(f"the Redis at {where} refuses to be used: {why}") from None
    except REDIS_ERRORS as why:
        raise RedisUnusable(
            f"the Redis at {where} does not answer ({why}). Start it, correct "
            "WORKBENCH_REDIS_URL, or leave that out to run on one node without Redis"
        ) from None
    version = str(info["redis_version"])
    min_version = MIN_VERSION_SHARDED if settings.redis_sharded else MIN_VERSION
    if tuple(int(part) for part in version.split(".")[:2]) < min_version:
        needed = ".".join(map(str, min_version))
        raise RedisUnusable(f"the Redis at {where} is {version}; {needed} or newer is needed")


async def _info_with_retries(redis: RedisClient, timeout_s: float) -> dict[str, object]:
    """Return the version and other facts of Redis, which may still be starting.

    A Redis that loads its data answers INFO, but no PING.
    """
    deadline = time.monotonic() + timeout_s
    delay = RetryDelay(MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S)
    while True:
        try:
            if isinstance(redis, RedisCluster):
                await redis.initialize()
                await redis.ping(target_nodes=RedisCluster.PRIMARIES)
                return await redis.info("server", target_nodes=RedisCluster.RANDOM)
            await redis.ping()
            return await redis.info("server")
        except REDIS_ERRORS as why:
            # The clients of a Unix socket and of a cluster wrap the error of Redis.
            cause = why if isinstance(why, REJECTIONS) else why.__cause__
            if isinstance(cause, REJECTIONS):
                raise cause from None
            if time.monotonic() > deadline:
                raise
            await delay.wait()


def _redacted(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}" or url
