"""The broker of a cluster: Redis carries publications, and keeps them for a while.

A node subscribes to the channels that have subscribers on it, and checks the offsets of each:
missing publications are read from the channel's log, duplicates are dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Collection, Iterable, Sequence

from msgspec import Struct

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication, StreamPosition
from protocol.redis.initial_epoch import is_initial
from protocol.redis.streams import RedisKeys, UnreadablePublications, decode_publications
from protocol.retention import Retention
from server.monitoring.counters import Counters
from server.pubsub.brokers.base import BrokerEventHandler, BrokerUnavailable, Recovery
from server.pubsub.brokers.redis.batch_publisher import BatchPublisher
from server.pubsub.brokers.redis.channel_cursor import ChannelCursor, Collector
from server.pubsub.brokers.redis.history import HistoryReader, HistorySlice
from server.pubsub.brokers.redis.sharded_subscriber import ShardedSubscriber
from server.redis_client import REDIS_ERRORS, RedisClient
from server.supervisor import Supervisor

CHECKS_PER_RETENTION = 3  # how often all channels are read while a message is kept
log = logging.getLogger(__name__)


class RedisBrokerOptions(Struct, frozen=True, kw_only=True):
    """How Redis is used: see the settings of these names.

    A channel without subscribers is unsubscribed from after ``cleanup_interval_s``, or at
    most twice that.
    """

    prefix: str
    sharded: bool
    timeout_s: float
    retention: Retention
    cleanup_interval_s: float = 5.0


class RedisRecovery(Struct, frozen=True):
    """What the log had, and a collector of what is delivered until the recovery is finished."""

    found: HistorySlice
    cursor: ChannelCursor
    collector: Collector

    def finish(self) -> Recovery:
        """Return the recovery as of now."""
        found, self.cursor.last_used_at = self.found, time.monotonic()
        position = self.cursor.position or found.position
        start = found.position
        if is_initial(start.epoch) and self.collector.is_all_of(position.epoch):
            start = StreamPosition(position.epoch, 0)  # the stream has begun since then
        later = [p for p in self.collector.publications if _is_after(p, start)]
        newest = later[-1] if later else found.publications[-1] if found.publications else None
        if found.is_complete is None:
            return Recovery(position, latest=newest)
        # Otherwise this node lost something since then, or another epoch began.
        is_continued = position == StreamPosition(start.epoch, start.offset + len(later))
        if not (found.is_complete and is_continued):
            return Recovery(position, recovered=False, latest=newest)
        missed = [*found.publications, *later]
        return Recovery(position, recovered=True, missed=missed, latest=newest)


class RedisBroker:
    """The broker of one node of a cluster."""

    def __init__(
        self,
        redis: RedisClient,
        options: RedisBrokerOptions,
        supervisor: Supervisor,
        counters: Counters,
    ) -> None:
        self._redis, self._options = redis, options
        self._supervisor, self._counters = supervisor, counters
        self._redis_keys = RedisKeys(options.prefix)
        bounds, sharded = options.retention, options.sharded
        self._publisher = BatchPublisher(
            redis, self._redis_keys, bounds, options.timeout_s, sharded=sharded
        )
        self._history = HistoryReader(redis, self._redis_keys, bounds, sharded=sharded)
        self._subscriber = ShardedSubscriber(
            redis,
            options.prefix,
            options.timeout_s,
            supervisor,
            on_message=self._on_message,
            on_subscribed=self._on_subscribed,
            on_disconnect=self._on_disconnect,
        )
        self._handler: BrokerEventHandler | None = None
        self._cursors: dict[Channel, ChannelCursor] = {}
        self._channels_by_name: dict[bytes, Channel] = {}
        self._broadcast_channel = self._redis_keys.channel(EVERYONE).encode()
        self._mirrors: dict[bytes, str] = {}

    async def publish(self, publications: Sequence[Publication], idempotency_key: str = "") -> None:
        """Publish by one script: stored and delivered, or neither.

        In a Redis Cluster it is one script per channel, each of which is all or nothing.
        """
        await self._publisher.publish(publications, idempotency_key)

    @contextlib.asynccontextmanager
    async def run(self, handler: BrokerEventHandler) -> AsyncIterator[None]:
        """Pass publications to ``handler`` while the block lasts."""
        self._handler = handler
        self._subscriber.subscribe(self._broadcast_channel.decode(), unsharded=True)
        loops = {"idle_channels": self._cleanup_loop, "history_gaps": self._gap_check_loop}
        try:
            async with self._subscriber.running(), self._supervisor.running(loops):
                try:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._options.timeout_s):
                            await self._subscriber.wait_until_connected()
                    yield
                finally:
                    self._handler = None  # it gets nothing while the tasks end
        finally:
            await self._publisher.aclose()

    async def subscribe(self, channel: Channel) -> None:
        """Subscribe to a channel; waits for the confirmation unless Redis is unavailable."""
        cursor = self._cursor_for(channel)
        if not cursor.subscribed.is_set() and self._subscriber.is_connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.timeout_s):
                    await cursor.subscribed.wait()

    async def set_mirrored_tenants(self, tenants: Collection[str]) -> None:
        """Pass all publications of these tenants to ``on_mirrored``."""
        wanted = {self._redis_keys.mirror_channel(tenant).encode(): tenant for tenant in tenants}
        for name in wanted.keys() - self._mirrors.keys():
            self._subscriber.subscribe(name.decode(), unsharded=True)
        for name in self._mirrors.keys() - wanted.keys():
            self._subscriber.unsubscribe(name.decode())
        self._mirrors = wanted

    async def recover(self, channel: Channel, since: StreamPosition | None) -> RedisRecovery:
        """Read the position of a channel, and its publications since another."""
        cursor = self._cursor_for(channel)
        collector = cursor.collect()  # from now on it is not idle
        try:
            async with asyncio.timeout(self._options.timeout_s):
                await cursor.subscribed.wait()
                (found,) = await self._history.read([(channel, since)])
                if cursor.position is None:
                    # What was published before is still on its way, and not to be skipped.
                    await self._subscriber.wait_for_pending(self._redis_keys.channel(channel))
                await self._adopt_position(channel, cursor, found.position)
                # What Redis has published is about to arrive.
                await cursor.wait_for(found.position)
        except REDIS_ERRORS as why:
            raise BrokerUnavailable(str(why) or "Redis did not answer in time") from why
        return RedisRecovery(found, cursor, collector)

    async def health_check(self) -> None:
        """Write to Redis, send a message through Pub/Sub, and wait for all subscriptions."""
        if self._handler is None:
            raise BrokerUnavailable("the broker is not running")
        try:
            async with asyncio.timeout(self._options.timeout_s):
                await self._redis.set(f"{self._options.prefix}probe", "", ex=60)
                await self._subscriber.health_check()
                for cursor in list(self._cursors.values()):
                    await cursor.subscribed.wait()
        except REDIS_ERRORS as why:
            raise BrokerUnavailable(str(why) or "Redis did not answer in time") from why

    def _cursor_for(self, channel: Channel) -> ChannelCursor:
        cursor = self._cursors.get(channel)
        if cursor is None:
            cursor = self._cursors[channel] = ChannelCursor(time.monotonic())
            name = self._redis_keys.channel(channel)
            self._channels_by_name[name.encode()] = channel
            self._subscriber.subscribe(name)
        cursor.last_used_at = time.monotonic()
        return cursor

    async def _adopt_position(
        self, channel: Channel, cursor: ChannelCursor, position: StreamPosition
    ) -> None:
        """Set this node's position if it has none; catch up if it is of an earlier epoch."""
        if cursor.position is None:
            cursor.set_position(position)
        elif cursor.position.epoch != position.epoch:
            await self._catch_up([channel])

    # Called by the Pub/Sub connections.

    async def _on_message(self, name: bytes, data: bytes) -> None:
        try:
            publications = decode_publications(data)
        except UnreadablePublications as why:
            if not self._counters.unreadable["pubsub"]:  # a newer node may send many
                log.warning("skipping messages of Redis that this version cannot read: %s", why)
            self._counters.unreadable["pubsub"] += 1
            return
        if self._handler is None or not publications:
            return
        if name in self._mirrors:
            self._handler.on_mirrored(publications)
            return
        if name == self._broadcast_channel:
            self._handler.on_publications([each for each in publications if each.to is EVERYONE])
            return
        channel = self._channels_by_name.get(name)
        # A publication for another address than this channel's is not delivered.
        if channel is None or any(each.to != channel for each in publications):
            return
        new = self._cursors[channel].advance(publications)
        if new is None:
            await self._catch_up([channel])
        elif new:
            self._handler.on_publications(new)

    async def _on_subscribed(self, names: Collection[bytes]) -> None:
        channels = [
            self._channels_by_name[name] for name in names if name in self._channels_by_name
        ]
        await self._catch_up(channels)
        for channel in channels:
            if channel in self._cursors:
                self._cursors[channel].subscribed.set()

    def _on_disconnect(self, names: Iterable[str]) -> None:
        for name in names:
            channel = self._channels_by_name.get(name.encode())
            if channel is not None:
                self._cursors[channel].subscribed.clear()

    async def _catch_up(self, channels: Iterable[Channel]) -> None:
        """Read from the logs what was missed, and deliver it."""
        behind = [
            (channel, cursor.position)
            for channel in channels
            if (cursor := self._cursors.get(channel)) and cursor.position
        ]
        slices = await self._history.read(behind, reset_if_behind=True)
        for (channel, since), found in zip(behind, slices, strict=True):
            cursor = self._cursors.get(channel)
            if cursor is None or self._handler is None or cursor.position is None:
                continue
            if cursor.position.epoch not in (since.epoch, found.position.epoch):
                continue  # another epoch began while the log was read
            if not found.is_complete:
                if cursor.position != since:
                    continue  # it was delivered while the log was read
                kept = len(found.publications)
                start = StreamPosition(found.position.epoch, found.position.offset - kept)
                cursor.set_position(start)
                self._report_gap(channel, start)
            # It may have been delivered while the log was read.
            new = cursor.catch_up(found.publications, found.position)
            if new:
                self._handler.on_publications(new)

    def _report_gap(self, channel: Channel, position: StreamPosition) -> None:
        if self._handler is not None and self._handler.has_subscribers(channel):
            log.warning("the history of %s has a gap", channel)
            self._handler.on_history_lost(channel, position)

    # Background tasks.

    async def _cleanup_loop(self) -> None:
        """Unsubscribe from channels without subscribers."""
        while True:
            await asyncio.sleep(self._options.cleanup_interval_s)
            idle_since = time.monotonic() - self._options.cleanup_interval_s
            for channel, cursor in list(self._cursors.items()):
                if self._handler is None or self._handler.has_subscribers(channel):
                    cursor.last_used_at = time.monotonic()
                elif cursor.last_used_at < idle_since and not cursor.is_collecting:
                    name = self._redis_keys.channel(channel)
                    self._subscriber.unsubscribe(name)
                    del self._cursors[channel], self._channels_by_name[name.encode()]

    async def _gap_check_loop(self) -> None:
        """Read all channels: their positions are kept, and a silent loss is noticed."""
        while True:
            await asyncio.sleep(self._options.retention.max_age_s / CHECKS_PER_RETENTION)
            with contextlib.suppress(*REDIS_ERRORS):
                await self._catch_up(list(self._cursors))


def _is_after(publication: Publication, position: StreamPosition) -> bool:
    at = publication.position
    return at is not None and at.epoch == position.epoch and at.offset > position.offset
