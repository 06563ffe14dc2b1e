"""The stream position up to which one channel has been delivered on this node.  Pure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from protocol.publications import Publication, StreamPosition


class ChannelCursor:
    """A channel's position on this node; ``last_used_at`` is when it was last needed.

    ``subscribed`` is set while Redis delivers what is published on it.
    """

    def __init__(self, now: float) -> None:
        self.last_used_at = now
        self.subscribed = asyncio.Event()
        self.position: StreamPosition | None = None
        self._collectors: list[list[Publication]] = []
        self._position_changed: list[asyncio.Event] = []

    def advance(self, run: Sequence[Publication]) -> Sequence[Publication] | None:
        """Return the new ones of consecutive publications, or None if earlier ones are missing."""
        position, first = self.position, run[0].position
        if position is not None and first is not None:
            if first.epoch != position.epoch or first.offset > position.offset + 1:
                return None
            run = run[position.offset + 1 - first.offset :]
        if run:
            self.set_position(run[-1].position)
            for collected in self._collectors:
                collected.extend(run)
        return run

    def set_position(self, position: StreamPosition | None) -> None:
        """Note that everything up to a position is delivered, and wake those that wait for it."""
        self.position = position
        for event in self._position_changed:
            event.set()

    @contextmanager
    def collect(self) -> Iterator[list[Publication]]:
        """Collect what is delivered while the block lasts."""
        collected: list[Publication] = []
        self._collectors.append(collected)
        try:
            yield collected
        finally:
            # By identity: two lists may be equal.
            self._collectors = [other for other in self._collectors if other is not collected]

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
