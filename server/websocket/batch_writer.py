"""Writes what is in the send queues: each client's frames in one write.  Pure.

A write costs some 5 us of system call whatever its size, so the fewer writes the better.
Frames are appended to each client's queue.  When a queue has its turn, all that is pending for
its client is joined and written at once.

Queues have their turns in passes.  In a pass each queue has at most one turn; frames for a queue
that has had its turn wait for the next pass, which begins when this one is over and the
`WriteBudget` allows it.  So what is published while a pass is written is joined, and the higher
the load, the more each write carries.  A queue that has had no turn in this pass gets one without
waiting for the next.

A pass is written in slices, between which the event loop reads and handles what has come.
Replies, and publications for few recipients, are urgent: they are written in the next slice,
before the turns of the pass, whatever the budget is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, Protocol

from server.websocket.send_queue import (
    GROUP_SIZE,
    MAX_TRANSPORT_BUFFER,
    DirectSocket,
    QueuedConnection,
    RecipientGroup,
    Recipients,
    SendQueue,
    Transport,
)
from server.websocket.slow_consumers import (
    QueueLimits,
    exceeds_limit,
    fullest_over,
    is_stalled,
)
from server.websocket.write_budget import WriteBudget

BLOCKED_RETRY_S = 0.02  # between two attempts to write to a socket that is full
WRITES_PER_CHECK = GROUP_SIZE  # of the time; a slice is longer by at most so many writes
MAX_URGENT_RECIPIENTS = 16  # of a publication: it costs as much to accept it as to write it


class Loop(Protocol):
    """The part of an event loop that the batch writer uses."""

    def call_soon(self, callback: Callable[[], None], /) -> object:
        """Call back in the next iteration."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> object:
        """Call back after some seconds."""


class BatchWriter:
    """Owns the send queues, and gives those that have frames their turns.

    ``clock`` is in seconds of a monotonic clock, which must not stand still within an iteration
    of the loop; ``cpu_clock`` in seconds of CPU time of this thread.  ``limits`` are those of the
    send queues: see `slow_consumers`.  ``send`` is ``DirectSocket.send`` of the class of all
    sockets.
    """

    def __init__(
        self,
        loop: Loop,
        clock: Callable[[], float],
        cpu_clock: Callable[[], float],
        limits: QueueLimits,
        send: Callable[[Any, bytes], int],
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._limits = limits
        self._send = send
        self._urgent: deque[SendQueue] = deque()
        self._turns: deque[SendQueue | RecipientGroup] = deque()  # that are left in this pass
        self._next_turns: deque[SendQueue | RecipientGroup] = deque()  # of the next pass
        self._pass_number = 1
        self._pass_writes = self._pass_publications = 0
        self._budget = WriteBudget(clock())
        self._is_slice_scheduled = False
        self._is_pass_scheduled = False
        self._on_written: list[Callable[[], None]] = []  # for what has been queued in this pass
        self._on_pass_written: list[Callable[[], None]] = []  # ... and before it
        self._congested: set[SendQueue] = set()  # something is in their transports, or may be
        self._blocked: set[SendQueue] = set()  # their transports' buffers are full
        self._unsent_bytes = 0  # of all queues, without what is in their transports
        self._is_retry_scheduled = False
        self._is_closing_scheduled = False

    def open_queue(
        self, transport: Transport, socket: DirectSocket, connection: QueuedConnection
    ) -> SendQueue:
        """Make the send queue of a new connection; ``close_queue`` detaches the socket."""
        queue = SendQueue(transport, socket, connection)
        self._congested.add(queue)  # the handshake's response may still be in the transport
        return queue

    def push(self, queue: SendQueue, frame: bytes) -> None:
        """Queue a frame, or several joined ones, to be written soon."""
        self._append(queue, frame)
        if not queue.is_urgent:
            queue.is_urgent = True
            self._urgent.append(queue)
            self._schedule_slice()

    def broadcast(self, recipients: Recipients, data: bytes) -> None:
        """Queue frames for each of the recipients."""
        if len(recipients.queues) <= MAX_URGENT_RECIPIENTS:
            for queue in recipients.queues:
                self.push(queue, data)
            return
        for group in recipients.groups:
            if not group.is_current:
                group.make_current()
            if group.is_current and not group.queues_with_own_frames:
                group.frames.append(data)
                self._give_turn(group)
            else:
                for queue in group.queues:
                    self._append(queue, data)
                    self._give_turn(queue)
        self._schedule_slice()

    def when_written(self, callback: Callable[[], None]) -> None:
        """Call back once everything that is queued now is written, or left to transports."""
        self._on_written.append(callback)
        self._schedule_slice()

    def replace_with(self, queue: SendQueue, frame: bytes) -> None:
        """Drop what is queued and write a last frame behind what the transport already has."""
        self._clear(queue)
        if not queue.transport.is_closing():
            queue.buffer(frame)

    def close_queue(self, queue: SendQueue) -> None:
        """Write what is queued, as far as the socket takes it, and forget the queue."""
        self._separate(queue)
        if queue.pending:
            self._write(queue, b"".join(queue.pending))
        self._clear(queue)
        if queue.group is not None:
            queue.group.remove(queue)
        self._blocked.discard(queue)
        self._congested.discard(queue)
        queue.socket.detach()

    def close_slow_consumers(self, now: float) -> None:
        """Close clients that take nothing, and the fullest queues while all exceed the limit.

        Call it several times per second: what transports buffer is counted here only.
        """
        timeout_s = self._limits.stall_timeout_s
        stalled = [queue for queue in self._congested if is_stalled(queue, timeout_s, now)]
        for queue in stalled:
            queue.connection.close_slow_consumer()
        if not stalled:
            self._close_fullest()

    def _close_fullest(self) -> None:
        self._is_closing_scheduled = False
        for queue in fullest_over(self._congested, self._limits.total_bytes):
            queue.connection.close_slow_consumer()

    def _schedule_slice(self) -> None:
        if not self._is_slice_scheduled:
            self._is_slice_scheduled = True
            self._loop.call_soon(self._write_slice)

    def _let_others_run(self) -> None:
        """Have the next slice in the iteration after this one, which handles what was read."""
        self._loop.call_soon(self._write_slice)

    def _write_slice(self) -> None:
        """Write for a short time; schedule what is left."""
        self._is_slice_scheduled = False
        began, cpu_began = self._clock(), self._cpu_clock()
        if not self._turns and self._next_turns and not self._budget.pause(began):
            self._begin_pass()
        self._write_urgent(began + self._budget.slice_s / 2)
        self._write_turns(began + self._budget.slice_s)
        ended = self._clock()
        self._budget.record_writing(ended, self._cpu_clock() - cpu_began)
        if not self._turns and not self._urgent:
            self._end_pass()
        if self._turns or self._urgent:
            self._is_slice_scheduled = True
            self._loop.call_soon(self._let_others_run)
        elif self._next_turns and not self._is_pass_scheduled:
            self._schedule_pass(ended)

    def _schedule_pass(self, now: float) -> None:
        if pause_s := self._budget.pause(now):
            self._is_pass_scheduled = True
            self._loop.call_later(pause_s, self._write_slice_when_due)
        else:
            self._is_slice_scheduled = True
            self._loop.call_soon(self._let_others_run)

    def _write_slice_when_due(self) -> None:
        self._is_pass_scheduled = False
        self._schedule_slice()

    def _begin_pass(self) -> None:
        """Give every queue a turn again."""
        self._budget.record_pass(self._pass_writes, self._pass_publications)
        self._pass_writes = self._pass_publications = 0
        self._turns, self._next_turns = self._next_turns, self._turns
        self._pass_number += 1
        self._on_pass_written += self._on_written
        self._on_written = []

    def _end_pass(self) -> None:
        """Tell who waits for it that everything is written."""
        callbacks, self._on_pass_written = self._on_pass_written, []
        if not self._next_turns:
            callbacks += self._on_written
            self._on_written = []
        for callback in callbacks:
            callback()

    def _append(self, queue: SendQueue, frame: bytes) -> None:
        """Queue a frame for one connection, behind those it shares with a group."""
        if not queue.pending and queue.group is not None:
            if queue.group.frames:
                self._separate(queue)
            else:
                queue.group.queues_with_own_frames += 1
        queue.pending.append(frame)

    def _separate(self, queue: SendQueue) -> None:
        """Give the frames of a queue's group to each of its queues."""
        group = queue.group
        if group is None or not group.frames:
            return
        frames, group.frames = group.frames, []
        group.queues_with_own_frames = len(group.queues)
        for each in group.queues:
            each.pending.extend(frames)
            each.pass_number = group.pass_number
            self._give_turn(each)

    def _take_pending(self, queue: SendQueue) -> list[bytes]:
        """Take what is pending for one connection alone."""
        pending = queue.pending
        if pending:
            queue.pending = []
            if queue.group is not None:
                queue.group.queues_with_own_frames -= 1
        return pending

    def _give_turn(self, waiting: SendQueue | RecipientGroup) -> None:
        """Have frames written in this pass, or in the next one if it has had a turn in this."""
        if not waiting.has_turn:
            waiting.has_turn = True
            had_turn = waiting.pass_number == self._pass_number
            (self._next_turns if had_turn else self._turns).append(waiting)

    def _write_urgent(self, until: float) -> None:
        """Write to urgent queues until this time or the end."""
        urgent = self._urgent
        while urgent:
            queues = [urgent.popleft() for _ in range(min(len(urgent), WRITES_PER_CHECK))]
            for queue in queues:
                queue.is_urgent = False
            self._write_queues(queues)
            if self._clock() >= until:
                return

    def _write_turns(self, until: float) -> None:
        """Write the turns of this pass until this time or the end."""
        turns = self._turns
        while turns:
            waiting = turns.popleft()
            if isinstance(waiting, RecipientGroup):
                self._write_group(waiting)
            else:
                self._write_queues(self._take_queues(waiting))
            if self._clock() >= until:
                return

    def _take_queues(self, first: SendQueue) -> list[SendQueue]:
        """Take the turns of the queues behind one that was taken, up to the next group."""
        queues, turns = [first], self._turns
        while turns and len(queues) < WRITES_PER_CHECK and isinstance(turns[0], SendQueue):
            queues.append(turns[0])
            turns.popleft()
        for queue in queues:
            queue.has_turn = False
            self._pass_publications += len(queue.pending)
        self._pass_writes += len(queues)
        return queues

    def _write_group(self, group: RecipientGroup) -> None:
        """Write a group's frames to each of its queues."""
        group.has_turn = False
        if not group.frames:
            return
        data = b"".join(group.frames)
        self._pass_writes += len(group.queues)
        self._pass_publications += len(group.queues) * len(group.frames)
        group.frames = []
        group.pass_number = self._pass_number
        congested = self._congested.intersection(group.queues) if self._congested else ()
        if not congested:
            self._write_run(group.queues, group.sockets, data)
            return
        queues = [queue for queue in group.queues if queue not in congested]
        self._write_run(queues, [queue.socket for queue in queues], data)
        for queue in congested:
            if not self._write(queue, data):
                self._retry_later(queue)

    def _write_queues(self, queues: Sequence[SendQueue]) -> None:
        """Write to each of these queues what is pending for it."""
        run: list[SendQueue] = []  # of queues with equal frames, to write the same bytes to
        frames: list[bytes] = []
        for queue in queues:
            pending = self._take_pending(queue)
            if not pending and not queue.unsent:
                continue
            queue.pass_number = self._pass_number
            if queue in self._congested:
                if not self._write(queue, b"".join(pending)):
                    self._retry_later(queue)
                continue
            if pending != frames:
                self._write_run(run, [each.socket for each in run], b"".join(frames))
                run, frames = [], pending
            run.append(queue)
        self._write_run(run, [each.socket for each in run], b"".join(frames))

    def _write_run(
        self, queues: Sequence[SendQueue], sockets: Sequence[DirectSocket], data: bytes
    ) -> None:
        """Write the same bytes past transports whose buffers are empty: one system call each.

        The loop is one in C, and reads no memory of a connection but its socket: between system
        calls, which leave little in the caches, the interpreter's own steps are slow.
        """
        written: list[int] = []
        size = len(data)
        remaining = iter(sockets)
        while len(written) < len(sockets):
            try:
                written.extend(map(self._send, remaining, repeat(data)))
            except BlockingIOError:
                written.append(0)
            except OSError:
                written.append(size)  # lost, as the transport is about to find out
        if written.count(size) != len(written):
            for queue, taken in zip(queues, written, strict=True):
                if taken != size:
                    self._buffer_remainder(queue, data[taken:])

    def _write(self, queue: SendQueue, data: bytes) -> bool:
        """Write whole frames behind what is unsent; return False if the socket is full."""
        transport = queue.transport
        if transport.is_closing():
            self._clear(queue)
            return True
        buffered = transport.get_write_buffer_size()
        if queue.unsent_bytes + buffered <= self._limits.client_bytes:
            queue.over_limit_since = None
        if queue.unsent or buffered > MAX_TRANSPORT_BUFFER:
            queue.unsent.append(data)
            self._add_unsent(queue, len(data))
            self._congested.add(queue)
            if buffered > MAX_TRANSPORT_BUFFER:
                return False
            data = b"".join(queue.unsent)
            queue.unsent.clear()
            self._add_unsent(queue, -queue.unsent_bytes)
        if buffered:
            queue.buffer(data)
            return True
        self._congested.discard(queue)
        try:
            written = self._send(queue.socket, data)
        except BlockingIOError:
            written = 0
        except OSError:
            return True  # the connection is lost, as the transport is about to find out
        if written != len(data):
            self._buffer_remainder(queue, data[written:])
        return True

    def _buffer_remainder(self, queue: SendQueue, data: bytes) -> None:
        """Leave to the transport what the socket did not take."""
        self._congested.add(queue)
        queue.buffer(data)

    def _clear(self, queue: SendQueue) -> None:
        """Drop what is queued."""
        self._separate(queue)
        self._take_pending(queue)
        queue.unsent.clear()
        self._add_unsent(queue, -queue.unsent_bytes)

    def _add_unsent(self, queue: SendQueue, number: int) -> None:
        queue.unsent_bytes += number
        self._unsent_bytes += number

    def _retry_later(self, queue: SendQueue) -> None:
        """Try a full socket again soon, unless its client is too slow to keep."""
        self._blocked.add(queue)
        if exceeds_limit(queue, self._limits.client_bytes, self._clock()):
            queue.connection.close_slow_consumer()
        if self._unsent_bytes > self._limits.total_bytes and not self._is_closing_scheduled:
            self._is_closing_scheduled = True
            self._loop.call_soon(self._close_fullest)  # not while others are being written
        if not self._is_retry_scheduled:
            self._is_retry_scheduled = True
            self._loop.call_later(BLOCKED_RETRY_S, self._retry_blocked)

    def _retry_blocked(self) -> None:
        self._is_retry_scheduled = False
        for queue in self._blocked:
            self._give_turn(queue)
        self._blocked.clear()
        self._schedule_slice()
