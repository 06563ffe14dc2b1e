"""The broker of a cluster: Redis carries what is published, and keeps it for a while.

A server subscribes to the channels that are heard on it, and follows each by its offsets:
what is missing is read from the channel's log, what comes twice is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Collection, Iterable, Sequence

from msgspec import Struct

from protocol.bounds import Bounds
from protocol.channels import Channel
from protocol.publications import EVERYONE, Position, Publication
from protocol.redis_log import Names, read
from server.brokers.base import BrokerUnavailable, Ears, Recovery
from server.brokers.followed import Followed
from server.brokers.lines import Lines
from server.brokers.log_reader import Found, LogReader
from server.brokers.writer import Writer
from server.endings import end
from server.redis_link import FAILURES, Link

LOOKS_A_HISTORY = 3  # times all channels are looked up while a message is kept
log = logging.getLogger(__name__)


class RedisOptions(Struct, frozen=True, kw_only=True):
    """How Redis is used: see the settings of these names.

    For ``tidy_every_s``, and up to twice that, a channel is followed that nobody hears.
    """

    prefix: str
    sharded: bool
    patience_s: float
    bounds: Bounds
    tidy_every_s: float = 5.0


class RedisBroker:
    """One server's part of the cluster."""

    def __init__(self, link: Link, options: RedisOptions) -> None:
        self._link, self._options = link, options
        self._names = Names(options.prefix)
        bounds, sharded = options.bounds, options.sharded
        self._writer = Writer(link, self._names, bounds, options.patience_s, sharded=sharded)
        self._logs = LogReader(link, self._names, bounds, sharded=sharded)
        self._lines = Lines(
            link,
            options.prefix,
            options.patience_s,
            heard=self._heard,
            confirmed=self._confirmed,
            broke=self._broke,
        )
        self._ears: Ears | None = None
        self._followed: dict[Channel, Followed] = {}
        self._channels: dict[bytes, Channel] = {}
        self._everyone = self._names.of(EVERYONE).encode()
        self._taps: dict[bytes, str] = {}

    async def publish(self, publications: Sequence[Publication], once: str = "") -> None:
        """Publish by one script: kept and delivered, or neither.

        In a Redis Cluster it is one script a channel, and all or none holds for each.
        """
        await self._writer.publish(publications, once)

    @contextlib.asynccontextmanager
    async def listen(self, ears: Ears) -> AsyncIterator[None]:
        """Hand what is published to ``ears`` while the block lasts."""
        self._ears = ears
        self._lines.subscribe(self._everyone.decode(), plainly=True)
        work = (self._lines.run(), self._tidy(), self._look())
        tasks = [asyncio.create_task(each) for each in work]
        for task in tasks:
            task.add_done_callback(_tell_of_a_fault)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.patience_s):
                    await self._lines.are_up()
            yield
        finally:
            self._ears = None
            await end(tasks)
            await self._writer.aclose()

    async def hear(self, channel: Channel) -> None:
        """Subscribe to a channel, and wait until that is so unless Redis is away."""
        followed = self._follow(channel)
        if not followed.is_confirmed.is_set() and self._lines.is_up:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.patience_s):
                    await followed.is_confirmed.wait()

    async def tap(self, tenants: Collection[str]) -> None:
        """Have all publications of these tenants told as well."""
        wanted = {self._names.tap(tenant).encode(): tenant for tenant in tenants}
        for name in wanted.keys() - self._taps.keys():
            self._lines.subscribe(name.decode(), plainly=True)
        for name in self._taps.keys() - wanted.keys():
            self._lines.unsubscribe(name.decode())
        self._taps = wanted

    async def last(self, channel: Channel) -> Publication | None:
        """Return what was published on a channel last, while its log lasts."""
        return (await self.recover(channel, None)).newest

    async def recover(self, channel: Channel, since: Position | None) -> Recovery:
        """Tell where a channel stands, and what was published on it since a position."""
        followed = self._follow(channel)
        try:
            async with asyncio.timeout(self._options.patience_s):
                await followed.is_confirmed.wait()
                with followed.tail() as tail:
                    (found,) = await self._logs.look([(channel, since)])
                    self._begin(channel, followed, found.position)
                    # What Redis has published is on its way here.
                    await followed.reach(found.position)
        except FAILURES as why:
            raise BrokerUnavailable(str(why) or "Redis did not answer in time") from why
        return _recovery(found, [each for each in tail if _is_after(each, found.position)])

    async def probe(self) -> None:
        """Write something, and send something through Pub/Sub to this very server."""
        if self._ears is None:
            raise BrokerUnavailable("nobody listens")
        try:
            async with asyncio.timeout(self._options.patience_s):
                await self._link.set(f"{self._options.prefix}probe", "", ex=60)
                await self._lines.probe()
        except FAILURES as why:
            raise BrokerUnavailable(str(why) or "Redis did not answer in time") from why

    def _follow(self, channel: Channel) -> Followed:
        followed = self._followed.get(channel)
        if followed is None:
            followed = self._followed[channel] = Followed(time.monotonic())
            name = self._names.of(channel)
            self._channels[name.encode()] = channel
            self._lines.subscribe(name)
        followed.wanted_at = time.monotonic()
        return followed

    def _begin(self, channel: Channel, followed: Followed, position: Position) -> None:
        """Take a position for the listeners' own if they have none, or one that is void."""
        if followed.position is None:
            followed.move(position)
        elif followed.position.epoch != position.epoch:
            followed.move(position)
            self._tell_lost(channel, position)

    # On the connections that listen.

    async def _heard(self, name: bytes, data: bytes) -> None:
        try:
            run = read(data)
        except (ValueError, TypeError) as why:  # msgspec's are of these as well
            log.warning("something foreign was published on %s: %s", name.decode(), why)
            return
        if self._ears is None or not run:
            return
        if name in self._taps:
            self._ears.tapped(run)
            return
        if name == self._everyone:
            self._ears.deliver([each for each in run if each.to is EVERYONE])
            return
        channel = self._channels.get(name)
        # The address is the publication's own: what names another is not delivered by it.
        if channel is None or any(each.to != channel for each in run):
            return
        new = self._followed[channel].take(run)
        if new is None:
            await self._catch_up([channel])
        elif new:
            self._ears.deliver(new)

    async def _confirmed(self, names: Collection[bytes]) -> None:
        channels = [self._channels[name] for name in names if name in self._channels]
        await self._catch_up(channels)
        for channel in channels:
            if channel in self._followed:
                self._followed[channel].is_confirmed.set()

    def _broke(self, names: Iterable[str]) -> None:
        for name in names:
            channel = self._channels.get(name.encode())
            if channel is not None:
                self._followed[channel].is_confirmed.clear()

    async def _catch_up(self, channels: Iterable[Channel]) -> None:
        """Read from the logs what the listeners have missed, and deliver it."""
        behind = [
            (channel, followed.position)
            for channel in channels
            if (followed := self._followed.get(channel)) and followed.position
        ]
        looked_up = await self._logs.look(behind, followed=True)
        for (channel, _), found in zip(behind, looked_up, strict=True):
            followed = self._followed.get(channel)
            if followed is None or self._ears is None:
                continue
            if not found.reaches:
                kept = len(found.since)
                start = Position(found.position.epoch, found.position.offset - kept)
                followed.move(start)
                self._tell_lost(channel, start)
            # It may have been handed on while the log was read.
            new = followed.take(found.since) if found.since else ()
            if new:
                self._ears.deliver(new)

    def _tell_lost(self, channel: Channel, position: Position) -> None:
        if self._ears is not None and self._ears.is_heard(channel):
            log.warning("the history of %s has a gap", channel)
            self._ears.lost(channel, position)

    # Now and then.

    async def _tidy(self) -> None:
        """Stop following what nobody hears."""
        while True:
            await asyncio.sleep(self._options.tidy_every_s)
            old = time.monotonic() - self._options.tidy_every_s
            for channel, followed in list(self._followed.items()):
                if self._ears is None or self._ears.is_heard(channel):
                    followed.wanted_at = time.monotonic()
                elif followed.wanted_at < old:
                    name = self._names.of(channel)
                    self._lines.unsubscribe(name)
                    del self._followed[channel], self._channels[name.encode()]

    async def _look(self) -> None:
        """Look all channels up: their heads are kept, and no silent loss stays unnoticed."""
        while True:
            await asyncio.sleep(self._options.bounds.seconds / LOOKS_A_HISTORY)
            with contextlib.suppress(*FAILURES):
                await self._catch_up(list(self._followed))


def _tell_of_a_fault(task: asyncio.Task[None]) -> None:
    """Log a fault of ours; `/readyz` shows that what is published is no longer heard."""
    if not task.cancelled() and (why := task.exception()):
        log.error("the broker has stopped listening", exc_info=why)


def _recovery(found: Found, later: Sequence[Publication]) -> Recovery:
    """Put together what the log had, and what came while it was read."""
    position = (later[-1].position if later else None) or found.position
    newest = later[-1] if later else found.since[-1] if found.since else None
    if found.reaches is None:
        return Recovery(position, newest=newest)
    if not found.reaches:
        return Recovery(position, recovered=False, newest=newest)
    return Recovery(position, recovered=True, missed=[*found.since, *later], newest=newest)


def _is_after(publication: Publication, position: Position) -> bool:
    at = publication.position
    return at is not None and at.epoch == position.epoch and at.offset > position.offset
