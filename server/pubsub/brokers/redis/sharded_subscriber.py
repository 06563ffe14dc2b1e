"""The Pub/Sub connections to Redis: one, or in a Redis Cluster one per shard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from functools import partial

from redis.asyncio import RedisCluster
from redis.exceptions import RedisClusterException

from server.background_tasks import cancel_and_wait
from server.pubsub.brokers.redis.pubsub_connection import PubSubConnection
from server.redis_client import (
    REDIS_ERRORS,
    RedisClient,
    make_pubsub_connection,
    refresh_shards,
)
from server.supervisor import Supervisor

SINGLE_SHARD = NO_SHARD = ""  # in a cluster, a connection without a shard tries to find one
TASK_NAME = "redis_pubsub"


class ShardedSubscriber:
    """Subscribes each channel on the connection to its shard, and again when shards change."""

    def __init__(
        self,
        redis: RedisClient,
        prefix: str,
        timeout_s: float,
        supervisor: Supervisor,
        *,
        on_message: Callable[[bytes, bytes], Awaitable[None]],
        on_subscribed: Callable[[Collection[bytes]], Awaitable[None]],
        on_disconnect: Callable[[Iterable[str]], None],
    ) -> None:
        self._redis, self._prefix, self._timeout_s = redis, prefix, timeout_s
        self._supervisor = supervisor
        self._on_message, self._on_subscribed, self._on_disconnect = (
            on_message,
            on_subscribed,
            on_disconnect,
        )
        self._connections: dict[str, PubSubConnection] = {}
        self._shards: dict[str, str] = {}
        self._unsharded: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_running = False

    @property
    def is_connected(self) -> bool:
        """Tell whether all connections work."""
        return all(connection.connected.is_set() for connection in self._connections.values())

    async def wait_until_connected(self) -> None:
        """Wait until all connections work."""
        for connection in list(self._connections.values()):
            await connection.connected.wait()

    def subscribe(self, name: str, *, unsharded: bool = False) -> None:
        """Subscribe to a channel; ``unsharded`` if every shard delivers what is published on it."""
        if unsharded:
            self._unsharded.add(name)
        shard = self._shards[name] = self._shard_of(name)
        self._connection_to(shard).subscribe(name, unsharded=unsharded)

    def unsubscribe(self, name: str) -> None:
        """Unsubscribe from a channel."""
        self._unsharded.discard(name)
        self._connection_to(self._shards.pop(name)).unsubscribe(name)

    async def health_check(self) -> None:
        """Send a message through Redis to each connection; raises as ``PubSubConnection`` does."""
        await asyncio.gather(
            *(connection.health_check(self._timeout_s) for connection in self._connections.values())
        )

    async def wait_for_pending(self, name: str) -> None:
        """Wait until everything that was published on a channel before has arrived.

        Raises:
            one of REDIS_ERRORS: Redis does not answer.
        """
        await self._connection_to(self._shards[name]).health_check(self._timeout_s)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Stay connected while the block lasts."""
        self._is_running = True
        for shard in self._connections:
            self._start(shard)
        try:
            yield
        finally:
            self._is_running = False
            await cancel_and_wait(self._tasks.values())

    def _start(self, shard: str) -> None:
        task = self._supervisor.start(TASK_NAME, self._connections[shard].run)
        self._tasks[shard] = task
        task.add_done_callback(lambda _: self._forget(shard))

    def _forget(self, shard: str) -> None:
        """Drop the connection to a shard that is gone."""
        if self._is_running:
            del self._tasks[shard], self._connections[shard]
            if any(its == shard for its in self._shards.values()):
                self._connection_to(shard)  # a channel came just now

    def _shard_of(self, name: str) -> str:
        if not isinstance(self._redis, RedisCluster):
            return SINGLE_SHARD
        try:
            node = self._redis.get_node_from_key(name)
        except RedisClusterException:  # the slot has no shard now
            return NO_SHARD
        return node.name if node else NO_SHARD

    def _connection_to(self, shard: str) -> PubSubConnection:
        connection = self._connections.get(shard)
        if connection is None:
            connection = self._connections[shard] = PubSubConnection(
                connect=partial(make_pubsub_connection, self._redis, shard),
                redis=self._redis,
                prefix=self._prefix,
                timeout_s=self._timeout_s,
                verb="SSUBSCRIBE" if isinstance(self._redis, RedisCluster) else "SUBSCRIBE",
                on_message=self._on_message,
                on_subscribed=self._on_subscribed,
                on_disconnect=partial(self._on_connection_lost, shard),
            )
            for name, its in self._shards.items():
                if its == shard:
                    connection.subscribe(name, unsharded=name in self._unsharded)
            if self._is_running:
                self._start(shard)
        return connection

    async def _on_connection_lost(self, shard: str) -> None:
        """Move the channels that another shard has now; the others are subscribed to again."""
        self._on_disconnect([name for name, its in self._shards.items() if its == shard])
        with contextlib.suppress(*REDIS_ERRORS):
            async with asyncio.timeout(self._timeout_s):
                await refresh_shards(self._redis)
        for name in [name for name, its in self._shards.items() if its == shard]:
            if self._shard_of(name) != shard:
                self._connection_to(shard).unsubscribe(name)
                self.subscribe(name, unsharded=name in self._unsharded)
