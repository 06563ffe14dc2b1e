"""One channel that this server hears through Redis: how far its listeners have come.  Pure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from protocol.publications import Position, Publication


class Followed:
    """A channel's place on this server; ``wanted_at`` is when it was last asked for.

    ``is_confirmed`` is set while Redis sends what is published on it.
    """

    def __init__(self, now: float) -> None:
        self.wanted_at = now
        self.is_confirmed = asyncio.Event()
        self.position: Position | None = None
        self._tails: list[list[Publication]] = []
        self._moved: list[asyncio.Event] = []

    def take(self, run: Sequence[Publication]) -> Sequence[Publication] | None:
        """Return what is new of neighbours, or None if something before them is missing."""
        here, first = self.position, run[0].position
        if here is not None and first is not None:
            if first.epoch != here.epoch or first.offset > here.offset + 1:
                return None
            run = run[here.offset + 1 - first.offset :]
        if run:
            self.move(run[-1].position)
            for tail in self._tails:
                tail.extend(run)
        return run

    def move(self, position: Position | None) -> None:
        """Note that the listeners have come to a position, and wake who waits for it."""
        self.position = position
        for moved in self._moved:
            moved.set()

    @contextmanager
    def tail(self) -> Iterator[list[Publication]]:
        """Collect what is handed to the listeners while the block lasts."""
        collected: list[Publication] = []
        self._tails.append(collected)
        try:
            yield collected
        finally:
            # By identity: two tails may be equal.
            self._tails = [other for other in self._tails if other is not collected]

    async def reach(self, position: Position) -> None:
        """Wait until the listeners have come as far as a position, or to another epoch."""
        moved = asyncio.Event()
        self._moved.append(moved)
        try:
            while (here := self.position) and _is_before(here, position):
                moved.clear()
                await moved.wait()
        finally:
            self._moved.remove(moved)


def _is_before(here: Position, there: Position) -> bool:
    return here.epoch == there.epoch and here.offset < there.offset
