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

from server.websocket.flush_delay import FlushDelay
from server.websocket.send_queue import SendQueue

BLOCKED_RETRY_S = 0.02  # how soon a socket that was full is looked at again

Recipients = dict[SendQueue, Callable[[bytes], int]]
"""Who hears a channel, each with its ``write_now``: a flush of theirs touches nothing else."""


def make_recipients(queues: Iterable[SendQueue]) -> Recipients:
    """Make one."""
    return {queue: queue.write_now for queue in queues}


class BatchWriter:
    """Writes the outboxes that have something to say, as soon as the pace has it.

    ``flushed`` are told after every flush; ``stuck`` of each outbox that could not write.
    ``unclear`` are those of whom something waits in the transport, or may.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.on_flushed: list[Callable[[], None]] = []
        self.on_blocked: list[Callable[[SendQueue], None]] = []
        self._dirty_queues: list[SendQueue] = []
        self.congested: set[SendQueue] = set()
        self._broadcast_recipients: Recipients = {}
        self.pending_broadcast: list[bytes] = []
        self._blocked: set[SendQueue] = set()
        self._is_scheduled = False
        self._delay = FlushDelay()
        self.frames_queued = 0  # frames, ever
        self._retry_timer: asyncio.TimerHandle | None = None

    def broadcast(self, recipients: Recipients, data: bytes) -> None:
        """Queue a piece for each of a crowd; told apart by identity, a crowd never changes."""
        if recipients is not self._broadcast_recipients:
            self.expand_broadcast()
            self._broadcast_recipients = recipients
        self.pending_broadcast.append(data)
        self.frames_queued += 1
        self._schedule()

    def expand_broadcast(self) -> None:
        """Give each of the crowd its own share, so that what comes next queues behind it."""
        if not self.pending_broadcast:
            return
        recipients, frames = self._broadcast_recipients, self.pending_broadcast
        self._broadcast_recipients, self.pending_broadcast = {}, []
        for queue in recipients:
            if not queue.pending:
                self._dirty_queues.append(queue)
            queue.pending.extend(frames)

    def mark_dirty(self, queue: SendQueue) -> None:
        """Take note that this outbox has its first pending frame."""
        self._dirty_queues.append(queue)
        self._schedule()

    def _schedule(self) -> None:
        if self._is_scheduled:
            return
        self._is_scheduled = True
        if wait_s := self._delay.initial(self.frames_queued, monotonic()):
            self._loop.call_later(wait_s, self._flush_when_due)
        else:
            self._loop.call_soon(self.flush)

    def _flush_when_due(self) -> None:
        if wait_s := self._delay.extend(self.frames_queued, monotonic()):
            self._loop.call_later(wait_s, self._flush_when_due)
        else:
            self.flush()

    def flush(self) -> None:
        """Write everything that is pending, now."""
        started = monotonic()  # uvloop's own time stands still within a turn
        self._is_scheduled = False
        if self._dirty_queues:
            self.expand_broadcast()
            self._flush_queues()
        else:
            self._flush_broadcast()
        for callback in self.on_flushed:
            callback()
        self._delay.record_flush(started, monotonic())

    def _flush_queues(self) -> None:
        """Write each outbox's own list."""
        queues, self._dirty_queues = self._dirty_queues, []
        frames: list[bytes] = []
        joined = b""
        for queue in queues:
            pending, queue.pending = queue.pending, []
            # Neighbours usually hear the same channels: equal lists share one joined buffer.
            if pending != frames:
                frames, joined = pending, b"".join(pending)
            if pending and not queue.write(joined):
                self._retry_later(queue)

    def _flush_broadcast(self) -> None:
        """Write what is for the crowd to each of it."""
        recipients, frames = self._broadcast_recipients, self.pending_broadcast
        self._broadcast_recipients, self.pending_broadcast = {}, []
        joined = b"".join(frames)
        if recipients.keys().isdisjoint(self.congested):
            self._write_uncongested(recipients, joined)
            return
        for queue in recipients:
            if not queue.write(joined):
                self._retry_later(queue)

    def _write_uncongested(self, recipients: Recipients, data: bytes) -> None:
        """Write to those of whom nothing waits: past the transports, a system call each.

        Whose connection is closing is written to in vain; whose is lost is in no crowd.
        """
        size = len(data)
        partial: dict[int, int] = {}  # how much was taken, by place in the crowd
        for index, write_now in enumerate(recipients.values()):
            try:
                written = write_now(data)
            except BlockingIOError:
                written = 0
            except OSError:
                continue  # gone, as the transport is about to find out
            if written != size:
                partial[index] = written
        if partial:
            queues = list(recipients)
            for index, written in partial.items():
                queues[index].buffer_remainder(data[written:])

    def close_queue(self, queue: SendQueue) -> None:
        """Write what one outbox still has, and let go of it: its connection ends."""
        self.expand_broadcast()
        if queue.pending:
            queue.write(b"".join(queue.pending))
        queue.clear()
        self._blocked.discard(queue)
        self.congested.discard(queue)

    def _retry_later(self, queue: SendQueue) -> None:
        """Look again soon at an outbox whose socket is full."""
        self._blocked.add(queue)
        for callback in self.on_blocked:
            callback(queue)
        if self._retry_timer is None:
            self._retry_timer = self._loop.call_later(BLOCKED_RETRY_S, self._retry_blocked)

    def _retry_blocked(self) -> None:
        self._retry_timer = None
        blocked, self._blocked = self._blocked, set()
        for queue in blocked:
            if not queue.write(b""):
                self._retry_later(queue)
