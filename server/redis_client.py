"""How this server reaches Redis: every command ends within the patience set, done or not.

Knows no key.  The address may hold a password, and so is never logged or told as a whole.
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
from redis.exceptions import (
    AuthenticationError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from server.retry_delay import RetryDelay
from server.settings import Settings

MIN_VERSION = (6, 2)
MIN_VERSION_SHARDED = (7, 0)  # has sharded Pub/Sub
STARTUP_TIMEOUT_FACTOR = 3  # times the patience with a request; Redis may just be starting
MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 0.5  # between attempts to connect at the start
MAX_CONNECTIONS = 32  # of one node; who finds none free waits for one

RedisClient: TypeAlias = Redis | RedisCluster
REDIS_ERRORS = (RedisError, RedisClusterException, OSError, TimeoutError)
"""What a command raises for a Redis that cannot be reached, or that does not do it."""

REFUSALS = (AuthenticationError, ResponseError)
"""What it raises for a Redis that answers, and will answer the same if it is asked again."""


class RedisUnusable(Exception):
    """Redis cannot be used; says what is wrong and what to do about it."""


@asynccontextmanager
async def open_redis(settings: Settings) -> AsyncIterator[RedisClient]:
    """Connect while the block lasts.

    Commands raise one of ``REDIS_ERRORS`` after ``broker_timeout_s``.  None is repeated by
    itself: whether it was carried out the first time is for the caller to judge.

    Raises:
        RedisUnusable: it does not answer, does not let this server in, or is too old.
    """
    redis = make_redis_client(settings)
    try:
        await _check_server(redis, settings)
        yield redis
    finally:
        await redis.aclose()


def make_redis_client(settings: Settings) -> RedisClient:
    """Make a client that connects when it is first used."""
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
    """Make a connection of its own, to a shard of a cluster or to the one Redis.

    It waits for ever: whoever reads from it finds out by himself whether it is alive.
    """
    if isinstance(redis, RedisCluster):
        node = redis.get_node(node_name=shard)
        if node is None:
            raise ConnectionError(f"there is no shard {shard} any more")
        made_by: ClusterNode | ConnectionPool = node
    else:
        made_by = redis.connection_pool
    # Protocol 2 tells messages and confirmations apart by their first word alone.
    options = {**made_by.connection_kwargs, "socket_timeout": None, "protocol": 2}
    connection: AbstractConnection = made_by.connection_class(**options)
    return connection


async def _check_server(redis: RedisClient, settings: Settings) -> None:
    where = _redacted(settings.redis_url)
    try:
        about = await _info_with_retries(redis, settings.broker_timeout_s * STARTUP_TIMEOUT_FACTOR)
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
    version = str(about["redis_version"])
    min_version = MIN_VERSION_SHARDED if settings.redis_sharded else MIN_VERSION
    if tuple(int(part) for part in version.split(".")[:2]) < min_version:
        needed = ".".join(map(str, min_version))
        raise RedisUnusable(f"the Redis at {where} is {version}; {needed} or newer is needed")


async def _info_with_retries(redis: RedisClient, timeout_s: float) -> dict[str, object]:
    """Ask Redis what it is, again and again: it may be starting too."""
    until = time.monotonic() + timeout_s
    delay = RetryDelay(MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S)
    while True:
        try:
            if isinstance(redis, RedisCluster):
                await redis.initialize()
                return await redis.info("server", target_nodes=RedisCluster.RANDOM)
            return await redis.info("server")
        except REDIS_ERRORS as why:
            # A Unix socket's and a cluster's client wrap what Redis said.
            said = why if isinstance(why, REFUSALS) else why.__cause__
            if isinstance(said, REFUSALS):
                raise said from None
            if time.monotonic() > until:
                raise
            await delay.wait()


def _redacted(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}" or url
