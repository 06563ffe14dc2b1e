"""The stream position up to which one channel has been delivered on this node.  Pure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from weakref import WeakSet

from protocol.publications import Publication, StreamPosition
from protocol.redis.initial_epoch import is_initial


class Collector:
    """What a cursor delivers while somebody holds the collector."""

    __slots__ = ("__weakref__", "publications")

    def __init__(self) -> None:
        self.publications: list[Publication] = []

    def is_all_of(self, epoch: str) -> bool:
        """Tell whether everything that was delivered is of one epoch."""
        return all(each.position and each.position.epoch == epoch for each in self.publications)


class ChannelCursor:
    """A channel's position on this node; ``last_used_at`` is when it was last needed.

    ``subscribed`` is set while Redis delivers what is published on it.
    """

    def __init__(self, now: float) -> None:
        self.last_used_at = now
        self.subscribed = asyncio.Event()
        self.position: StreamPosition | None = None
        self._collectors: WeakSet[Collector] = WeakSet()
        self._position_changed: list[asyncio.Event] = []

    def advance(self, run: Sequence[Publication]) -> Sequence[Publication] | None:
        """Return the new ones of consecutive publications, or None if earlier ones are missing."""
        position, first = self.position, run[0].position
        if position is not None and first is not None:
            if is_initial(position.epoch) and first.offset == 1:
                position = StreamPosition(first.epoch, 0)  # the stream begins
            if first.epoch != position.epoch or first.offset > position.offset + 1:
                return None
            run = run[position.offset + 1 - first.offset :]
        if run:
            self.set_position(run[-1].position)
            for collector in self._collectors:
                collector.publications.extend(run)
        return run

    def catch_up(
        self, found: Sequence[Publication], position: StreamPosition
    ) -> Sequence[Publication]:
        """Return the new ones of publications that lead from this position to another.

        The other position may be of the epoch that continues this one.
        """
        here = self.position.offset if self.position else position.offset
        run = [each for each in found if each.position and each.position.offset > here]
        for collector in self._collectors:
            collector.publications.extend(run)
        if here <= position.offset:
            self.set_position(position)
        return run

    def set_position(self, position: StreamPosition | None) -> None:
        """Note that everything up to a position is delivered, and wake those that wait for it."""
        self.position = position
        for event in self._position_changed:
            event.set()

    @property
    def is_collecting(self) -> bool:
        """Whether somebody holds a collector."""
        return bool(self._collectors)

    def collect(self) -> Collector:
        """Collect what is delivered from now on, as long as the collector is held."""
        collector = Collector()
        self._collectors.add(collector)
        return collector

    async def wait_for(self, position: StreamPosition) -> None:
        """Wait until everything up to a position is delivered, or another epoch begins."""
        changed = asyncio.Event()
        self._position_changed.append(changed)
        try:
            while (here := self.position) and _is_before(here, position):
                changed.clear()
                await changed.wait()
        finally:
            self._position_changed.remove(changed)


def _is_before(here: StreamPosition, there: StreamPosition) -> bool:
    return here.epoch == there.epoch and here.offset < there.offset
