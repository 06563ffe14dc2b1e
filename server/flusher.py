"""Writes what is in the outboxes: all of a client's frames at once, everybody's in one go.

A write costs some 7 us of system call whatever it carries, so fewer writes are what there is
to win.  Frames are appended to each client's list; a flush joins the list and writes once.

What is for a crowd, the listeners of one channel, is kept once for all of it as long as
nothing else is to be written: its flush is one loop of writes and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic

from server.outbox import Outbox
from server.pace import Pace

RETRY_S = 0.02  # how soon a socket that was full is looked at again

Crowd = dict[Outbox, Callable[[bytes], int]]
"""Who hears a channel, each with its ``write_now``: a flush of theirs touches nothing else."""


def crowd(outboxes: Iterable[Outbox]) -> Crowd:
    """Make one."""
    return {outbox: outbox.write_now for outbox in outboxes}


class Flusher:
    """Writes the outboxes that have something to say, as soon as the pace has it.

    ``flushed`` are told after every flush; ``stuck`` of each outbox that could not write.
    ``unclear`` are those of whom something waits in the transport, or may.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.flushed: list[Callable[[], None]] = []
        self.stuck: list[Callable[[Outbox], None]] = []
        self._dirty: list[Outbox] = []
        self.unclear: set[Outbox] = set()
        self._crowd: Crowd = {}
        self.for_crowd: list[bytes] = []
        self._full: set[Outbox] = set()
        self._is_scheduled = False
        self._pace = Pace()
        self.queued = 0  # frames, ever
        self._retry: asyncio.TimerHandle | None = None

    def cast(self, crowd: Crowd, piece: bytes) -> None:
        """Queue a piece for each of a crowd; told apart by identity, a crowd never changes."""
        if crowd is not self._crowd:
            self.spread()
            self._crowd = crowd
        self.for_crowd.append(piece)
        self.queued += 1
        self._schedule()

    def spread(self) -> None:
        """Give each of the crowd its own share, so that what comes next queues behind it."""
        if not self.for_crowd:
            return
        crowd, pieces = self._crowd, self.for_crowd
        self._crowd, self.for_crowd = {}, []
        for outbox in crowd:
            if not outbox.pending:
                self._dirty.append(outbox)
            outbox.pending.extend(pieces)

    def dirty(self, outbox: Outbox) -> None:
        """Take note that this outbox has its first pending frame."""
        self._dirty.append(outbox)
        self._schedule()

    def _schedule(self) -> None:
        if self._is_scheduled:
            return
        self._is_scheduled = True
        if wait_s := self._pace.wait(self.queued, monotonic()):
            self._loop.call_later(wait_s, self._look)
        else:
            self._loop.call_soon(self.flush)

    def _look(self) -> None:
        if wait_s := self._pace.wait_on(self.queued, monotonic()):
            self._loop.call_later(wait_s, self._look)
        else:
            self.flush()

    def flush(self) -> None:
        """Write everything that is pending, now."""
        started = monotonic()  # uvloop's own time stands still within a turn
        self._is_scheduled = False
        if self._dirty:
            self.spread()
            self._flush_each()
        else:
            self._flush_crowd()
        for tell in self.flushed:
            tell()
        self._pace.flushed(started, monotonic())

    def _flush_each(self) -> None:
        """Write each outbox's own list."""
        outboxes, self._dirty = self._dirty, []
        frames: list[bytes] = []
        joined = b""
        for outbox in outboxes:
            pending, outbox.pending = outbox.pending, []
            # Neighbours usually hear the same channels: equal lists share one joined buffer.
            if pending != frames:
                frames, joined = pending, b"".join(pending)
            if pending and not outbox.send(joined):
                self._keep(outbox)

    def _flush_crowd(self) -> None:
        """Write what is for the crowd to each of it."""
        crowd, pieces = self._crowd, self.for_crowd
        self._crowd, self.for_crowd = {}, []
        joined = b"".join(pieces)
        if crowd.keys().isdisjoint(self.unclear):
            self._write_clear(crowd, joined)
            return
        for outbox in crowd:
            if not outbox.send(joined):
                self._keep(outbox)

    def _write_clear(self, crowd: Crowd, data: bytes) -> None:
        """Write to those of whom nothing waits: past the transports, a system call each.

        Whose connection is closing is written to in vain; whose is lost is in no crowd.
        """
        size = len(data)
        short: dict[int, int] = {}  # how much was taken, by place in the crowd
        for place, write_now in enumerate(crowd.values()):
            try:
                taken = write_now(data)
            except BlockingIOError:
                taken = 0
            except OSError:
                continue  # gone, as the transport is about to find out
            if taken != size:
                short[place] = taken
        if short:
            outboxes = list(crowd)
            for place, taken in short.items():
                outboxes[place].leave_rest(data[taken:])

    def finish(self, outbox: Outbox) -> None:
        """Write what one outbox still has, and let go of it: its connection ends."""
        self.spread()
        if outbox.pending:
            outbox.send(b"".join(outbox.pending))
        outbox.drop()
        self._full.discard(outbox)
        self.unclear.discard(outbox)

    def _keep(self, outbox: Outbox) -> None:
        """Look again soon at an outbox whose socket is full."""
        self._full.add(outbox)
        for tell in self.stuck:
            tell(outbox)
        if self._retry is None:
            self._retry = self._loop.call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        full, self._full = self._full, set()
        for outbox in full:
            if not outbox.send(b""):
                self._keep(outbox)
