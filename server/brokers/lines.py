"""The connections that listen to Redis: one, or in a Redis Cluster one a shard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial

from redis.asyncio import RedisCluster

from server.brokers.listening import Listening
from server.redis_link import Link, pubsub_connection

ALONE = ""


class Lines:
    """Puts each channel on the connection to its shard, and again when the shards change."""

    def __init__(
        self,
        link: Link,
        prefix: str,
        patience_s: float,
        *,
        heard: Callable[[bytes, bytes], Awaitable[None]],
        confirmed: Callable[[Collection[bytes]], Awaitable[None]],
        broke: Callable[[Iterable[str]], None],
    ) -> None:
        self._link, self._prefix, self._patience_s = link, prefix, patience_s
        self._heard, self._confirmed, self._told_broke = heard, confirmed, broke
        self._lines: dict[str, Listening] = {}
        self._shards: dict[str, str] = {}
        self._plain: set[str] = set()
        self._new: asyncio.Queue[Listening] = asyncio.Queue()

    @property
    def is_up(self) -> bool:
        """Tell whether all connections are alive."""
        return all(line.is_up.is_set() for line in self._lines.values())

    async def are_up(self) -> None:
        """Wait until all connections are alive."""
        for line in list(self._lines.values()):
            await line.is_up.wait()

    def subscribe(self, name: str, *, plainly: bool = False) -> None:
        """Want a channel; ``plainly`` if what is published on it is told by all shards."""
        if plainly:
            self._plain.add(name)
        shard = self._shards[name] = self._shard_of(name)
        self._line(shard).subscribe(name, plainly=plainly)

    def unsubscribe(self, name: str) -> None:
        """Want a channel no more."""
        self._plain.discard(name)
        self._line(self._shards.pop(name)).unsubscribe(name)

    async def probe(self) -> None:
        """Send a message through Redis to each connection; raises what ``Listening`` does."""
        await asyncio.gather(*(line.probe(self._patience_s) for line in self._lines.values()))

    async def run(self) -> None:
        """Stay connected, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                line = await self._new.get()
                group.create_task(line.run())

    def _shard_of(self, name: str) -> str:
        if not isinstance(self._link, RedisCluster):
            return ALONE
        node = self._link.get_node_from_key(name)
        return node.name if node else ALONE

    def _line(self, shard: str) -> Listening:
        line = self._lines.get(shard)
        if line is None:
            line = self._lines[shard] = Listening(
                connect=partial(pubsub_connection, self._link, shard),
                link=self._link,
                prefix=self._prefix,
                patience_s=self._patience_s,
                verb="SSUBSCRIBE" if isinstance(self._link, RedisCluster) else "SUBSCRIBE",
                heard=self._heard,
                confirmed=self._confirmed,
                broke=partial(self._broke, shard),
            )
            self._new.put_nowait(line)
        return line

    def _broke(self, shard: str) -> None:
        """Move what another shard has meanwhile; the rest is subscribed to again."""
        names = [name for name, its in self._shards.items() if its == shard]
        self._told_broke(names)
        for name in names:
            if self._shard_of(name) != shard:
                self._line(shard).unsubscribe(name)
                self.subscribe(name, plainly=name in self._plain)
