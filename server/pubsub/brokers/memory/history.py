"""The latest publications of each channel, in memory, to recover from.  Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice

from msgspec.structs import replace

from protocol.channels import Channel, ChannelKind
from protocol.publications import Publication, StreamPosition
from protocol.retention import Retention
from server.pubsub.brokers.base import Recovery

MAX_CHANNELS = 20_000  # with messages, and as many without; the least recently used go first
MAX_BYTES = 1 << 26  # of all channels together; the least recently used go first
MONITOR_MAX_BYTES = 1 << 22  # of a tenant's reports, so that they push out no other channel's
ENTRY_OVERHEAD_BYTES = 300  # memory of a message besides its text


class _ChannelLog:
    """One channel: the offset of its latest publication, and the latest publications."""

    __slots__ = ("bytes", "entries", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.bytes = 0
        self.entries: deque[Publication] = deque()

    @property
    def start_offset(self) -> int:
        """The offset after which nothing is missing here."""
        return self.offset - len(self.entries)


class MemoryHistory:
    """Gives the publications of each channel offsets, and keeps the latest of them.

    An unknown channel has the highest offset of all evicted channels: so no offset is used
    twice, and subscribing to a channel without publications takes no memory.
    """

    def __init__(self, epoch: str, retention: Retention, clock: Callable[[], float]) -> None:
        self._epoch, self._retention, self._clock = epoch, retention, clock
        self._logs: OrderedDict[Channel, _ChannelLog] = OrderedDict()
        self._idle_offsets: OrderedDict[Channel, int] = OrderedDict()
        self._max_evicted_offset = 0
        self._broadcast_offset = 0
        self._bytes = 0

    def append(self, publication: Publication) -> Publication:
        """Keep a publication, unless it is for everyone; returns it with its position."""
        channel = publication.to
        if not isinstance(channel, Channel):
            self._broadcast_offset += 1
            return replace(
                publication, position=StreamPosition(self._epoch, self._broadcast_offset)
            )
        log = self._logs.get(channel)
        if log is None:
            log = self._logs[channel] = _ChannelLog(
                self._idle_offsets.pop(channel, self._max_evicted_offset)
            )
        else:
            self._logs.move_to_end(channel)
        log.offset += 1
        kept = replace(publication, position=StreamPosition(self._epoch, log.offset))
        log.entries.append(kept)
        size = _size(kept)
        self._bytes += size
        log.bytes += size
        if len(log.entries) > self._retention.max_messages_for(channel):
            self._drop_oldest(log)
        while channel.kind is ChannelKind.MONITOR and log.bytes > MONITOR_MAX_BYTES:
            self._drop_oldest(log)
        self._evict()
        return kept

    def latest(self, channel: Channel) -> Publication | None:
        """Return the latest publication of a channel, if it is still kept."""
        log = self._logs.get(channel)
        if log is None:
            return None
        self._drop_expired(log)
        return log.entries[-1] if log.entries else None

    def recover(self, channel: Channel, since: StreamPosition | None) -> Recovery:
        """Return the position of a channel, and its publications since another."""
        newest = self.latest(channel)
        log = self._logs.get(channel) or _ChannelLog(
            self._idle_offsets.get(channel, self._max_evicted_offset)
        )
        position = StreamPosition(self._epoch, log.offset)
        if since is None:
            return Recovery(position, latest=newest)
        reaches = log.start_offset <= since.offset <= log.offset
        if since.epoch != self._epoch or not reaches:
            return Recovery(position, recovered=False, latest=newest)
        missed = tuple(islice(log.entries, since.offset - log.start_offset, None))
        return Recovery(position, recovered=True, missed=missed, latest=newest)

    def _evict(self) -> None:
        """Drop what is too old or too much, the least recently used channels first."""
        while self._logs:
            channel, log = next(iter(self._logs.items()))
            self._drop_expired(log)
            is_too_much = self._bytes > MAX_BYTES or len(self._logs) > MAX_CHANNELS
            if log.entries and not is_too_much:
                return
            if log.entries:
                self._drop_oldest(log)
            if not log.entries:
                del self._logs[channel]
                self._keep_offset_only(channel, log.offset)

    def _keep_offset_only(self, channel: Channel, offset: int) -> None:
        """Keep only the offset of a channel, until there are too many of those as well."""
        self._idle_offsets[channel] = offset
        if len(self._idle_offsets) > MAX_CHANNELS:
            _, forgotten = self._idle_offsets.popitem(last=False)
            self._max_evicted_offset = max(self._max_evicted_offset, forgotten)

    def _drop_expired(self, log: _ChannelLog) -> None:
        too_old = self._clock() - self._retention.max_age_s
        while log.entries and log.entries[0].accepted_at < too_old:
            self._drop_oldest(log)

    def _drop_oldest(self, log: _ChannelLog) -> None:
        size = _size(log.entries.popleft())
        self._bytes -= size
        log.bytes -= size


def _size(publication: Publication) -> int:
    return len(publication.message) + ENTRY_OVERHEAD_BYTES
