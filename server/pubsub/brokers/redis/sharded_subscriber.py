"""The Pub/Sub connections to Redis: one, or in a Redis Cluster one per shard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial

from redis.asyncio import RedisCluster

from server.pubsub.brokers.redis.pubsub_connection import PubSubConnection
from server.redis_client import RedisClient, make_pubsub_connection

SINGLE_SHARD = ""


class ShardedSubscriber:
    """Subscribes each channel on the connection to its shard, and again when shards change."""

    def __init__(
        self,
        redis: RedisClient,
        prefix: str,
        timeout_s: float,
        *,
        on_message: Callable[[bytes, bytes], Awaitable[None]],
        on_subscribed: Callable[[Collection[bytes]], Awaitable[None]],
        on_disconnect: Callable[[Iterable[str]], None],
    ) -> None:
        self._redis, self._prefix, self._timeout_s = redis, prefix, timeout_s
        self._on_message, self._on_subscribed, self._on_disconnect = (
            on_message,
            on_subscribed,
            on_disconnect,
        )
        self._connections: dict[str, PubSubConnection] = {}
        self._shards: dict[str, str] = {}
        self._unsharded: set[str] = set()
        self._new_connections: asyncio.Queue[PubSubConnection] = asyncio.Queue()

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

    async def run(self) -> None:
        """Stay connected until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                connection = await self._new_connections.get()
                group.create_task(connection.run())

    def _shard_of(self, name: str) -> str:
        if not isinstance(self._redis, RedisCluster):
            return SINGLE_SHARD
        node = self._redis.get_node_from_key(name)
        return node.name if node else SINGLE_SHARD

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
            self._new_connections.put_nowait(connection)
        return connection

    def _on_connection_lost(self, shard: str) -> None:
        """Move the channels that another shard has now; the others are subscribed to again."""
        names = [name for name, its in self._shards.items() if its == shard]
        self._on_disconnect(names)
        for name in names:
            if self._shard_of(name) != shard:
                self._connection_to(shard).unsubscribe(name)
                self.subscribe(name, unsharded=name in self._unsharded)
