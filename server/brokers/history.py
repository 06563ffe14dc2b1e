"""What channels brought lately, in memory: what is missed is recovered from here.  Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice

from msgspec.structs import replace

from protocol.bounds import Bounds
from protocol.channels import Channel
from protocol.publications import Position, Publication
from server.brokers.base import Recovery

MOST_CHANNELS = 20_000  # with messages, and as many without; the longest silent goes first
MOST_BYTES = 1 << 26  # of all channels together; the longest silent goes first
ENTRY_BYTES = 300  # what keeping a message takes besides its text


class _Log:
    """One channel: the offset of its newest publication, and the newest publications."""

    __slots__ = ("entries", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.entries: deque[Publication] = deque()

    @property
    def reaches_back_to(self) -> int:
        """The offset after which nothing is missing here."""
        return self.offset - len(self.entries)


class History:
    """Numbers the publications of each channel and keeps the newest of them.

    A channel that is not known stands where the furthest of those forgotten stood: so no
    offset comes twice, and who listens to what is never published takes no memory.
    """

    def __init__(self, epoch: str, bounds: Bounds, clock: Callable[[], float]) -> None:
        self._epoch, self._bounds, self._clock = epoch, bounds, clock
        self._logs: OrderedDict[Channel, _Log] = OrderedDict()
        self._silent: OrderedDict[Channel, int] = OrderedDict()
        self._forgotten = 0
        self._for_everyone = 0
        self._bytes = 0

    def append(self, publication: Publication) -> Publication:
        """Keep a publication, unless it is for everyone; returns it with its position."""
        channel = publication.to
        if not isinstance(channel, Channel):
            self._for_everyone += 1
            return replace(publication, position=Position(self._epoch, self._for_everyone))
        log = self._logs.get(channel)
        if log is None:
            log = self._logs[channel] = _Log(self._silent.pop(channel, self._forgotten))
        else:
            self._logs.move_to_end(channel)
        log.offset += 1
        kept = replace(publication, position=Position(self._epoch, log.offset))
        log.entries.append(kept)
        self._bytes += _size(kept)
        if len(log.entries) > self._bounds.of(channel):
            self._drop(log)
        self._make_room()
        return kept

    def newest(self, channel: Channel) -> Publication | None:
        """Return what was published on a channel last, if it is still kept."""
        log = self._logs.get(channel)
        if log is None:
            return None
        self._drop_old(log)
        return log.entries[-1] if log.entries else None

    def recover(self, channel: Channel, since: Position | None) -> Recovery:
        """Tell where a channel stands, and what it brought since a position."""
        newest = self.newest(channel)
        log = self._logs.get(channel) or _Log(self._silent.get(channel, self._forgotten))
        position = Position(self._epoch, log.offset)
        if since is None:
            return Recovery(position, newest=newest)
        reaches = log.reaches_back_to <= since.offset <= log.offset
        if since.epoch != self._epoch or not reaches:
            return Recovery(position, recovered=False, newest=newest)
        missed = tuple(islice(log.entries, since.offset - log.reaches_back_to, None))
        return Recovery(position, recovered=True, missed=missed, newest=newest)

    def _make_room(self) -> None:
        """Drop what is too old or too much, of the channels that are silent the longest."""
        while self._logs:
            channel, log = next(iter(self._logs.items()))
            self._drop_old(log)
            is_too_much = self._bytes > MOST_BYTES or len(self._logs) > MOST_CHANNELS
            if log.entries and not is_too_much:
                return
            if log.entries:
                self._drop(log)
            if not log.entries:
                del self._logs[channel]
                self._silence(channel, log.offset)

    def _silence(self, channel: Channel, offset: int) -> None:
        """Remember no more of a channel than where it stands, and that not for ever."""
        self._silent[channel] = offset
        if len(self._silent) > MOST_CHANNELS:
            _, forgotten = self._silent.popitem(last=False)
            self._forgotten = max(self._forgotten, forgotten)

    def _drop_old(self, log: _Log) -> None:
        too_old = self._clock() - self._bounds.seconds
        while log.entries and log.entries[0].accepted_at < too_old:
            self._drop(log)

    def _drop(self, log: _Log) -> None:
        self._bytes -= _size(log.entries.popleft())


def _size(publication: Publication) -> int:
    return len(publication.message) + ENTRY_BYTES
