"""Writes what is in the send queues: each client's frames in one write.

A write costs some 7 us of system call whatever its size, so the fewer writes the better.
Frames are appended to each client's queue; a flush joins a queue's frames and writes once.

A broadcast, which goes to all subscribers of one channel, is kept once for all of them as long
as nothing else is to be written: its flush is one loop of writes and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from server.websocket.flush_delay import FlushDelay
from server.websocket.send_queue import (
    MAX_TRANSPORT_BUFFER,
    QueuedConnection,
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

BLOCKED_RETRY_S = 0.02  # between two attempts to write to a socket that is full


class BatchWriter:
    """Owns the send queues, and flushes those that have frames as soon as its delay allows.

    ``max_queued_bytes`` is the limit of one client's queue: see `slow_consumers`.  The
    callbacks of ``on_flushed`` are called after every flush.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, max_queued_bytes: int) -> None:
        self._loop = loop
        self._max_queued_bytes = max_queued_bytes
        self.on_flushed: list[Callable[[], None]] = []
        self._dirty_queues: list[SendQueue] = []
        self._congested: set[SendQueue] = set()  # something is in their transports, or may be
        self._blocked: set[SendQueue] = set()  # their transports' buffers are full
        self._broadcast_recipients: Recipients = {}
        self._pending_broadcast: list[bytes] = []
        self._is_scheduled = False
        self._delay = FlushDelay()
        self._frames_queued = 0  # since the start
        self._retry_timer: asyncio.TimerHandle | None = None

    def open_queue(
        self,
        transport: Transport,
        write_now: Callable[[bytes], int],
        connection: QueuedConnection,
    ) -> SendQueue:
        """Make the send queue of a new connection."""
        queue = SendQueue(transport, write_now, connection)
        self._congested.add(queue)  # the handshake's response may still be in the transport
        return queue

    def push(self, queue: SendQueue, frame: bytes) -> None:
        """Queue a frame, or several joined ones, for the next flush."""
        if self._pending_broadcast:
            self._expand_broadcast()
        self._frames_queued += 1
        pending = queue.pending
        pending.append(frame)
        if len(pending) == 1:
            self._dirty_queues.append(queue)
            self._schedule()

    def broadcast(self, recipients: Recipients, data: bytes) -> None:
        """Queue frames for each of the recipients, which are compared by identity."""
        if recipients is not self._broadcast_recipients:
            self._expand_broadcast()
            self._broadcast_recipients = recipients
        self._pending_broadcast.append(data)
        self._frames_queued += 1
        self._schedule()

    def replace_with(self, queue: SendQueue, frame: bytes) -> None:
        """Drop what is queued and write a last frame behind what the transport already has."""
        self._clear(queue)
        if not queue.transport.is_closing():
            queue.buffer(frame)

    def close_queue(self, queue: SendQueue) -> None:
        """Write what is queued, as far as the socket takes it, and forget the queue."""
        self._expand_broadcast()
        if queue.pending:
            self._write(queue, b"".join(queue.pending))
        self._clear(queue)
        self._blocked.discard(queue)
        self._congested.discard(queue)

    def close_slow_consumers(self, limits: QueueLimits, now: float) -> None:
        """Close clients that take nothing, and the fullest queues while all exceed the limit."""
        stalled = [q for q in self._congested if is_stalled(q, limits.stall_timeout_s, now)]
        for queue in stalled or fullest_over(self._congested, limits.total_bytes):
            queue.connection.close_slow_consumer()

    def flush(self) -> None:
        """Write everything that is pending, now."""
        started = monotonic()  # uvloop's own time stands still within an iteration
        self._is_scheduled = False
        if self._dirty_queues:
            self._expand_broadcast()
            self._flush_queues()
        else:
            self._flush_broadcast()
        for callback in self.on_flushed:
            callback()
        self._delay.record_flush(started, monotonic())

    def _schedule(self) -> None:
        if self._is_scheduled:
            return
        self._is_scheduled = True
        if wait_s := self._delay.initial(self._frames_queued, monotonic()):
            self._loop.call_later(wait_s, self._flush_when_due)
        else:
            self._loop.call_soon(self.flush)

    def _flush_when_due(self) -> None:
        if wait_s := self._delay.extend(self._frames_queued, monotonic()):
            self._loop.call_later(wait_s, self._flush_when_due)
        else:
            self.flush()

    def _expand_broadcast(self) -> None:
        """Give each recipient its own list, so that what comes next is queued behind it."""
        if not self._pending_broadcast:
            return
        recipients, frames = self._broadcast_recipients, self._pending_broadcast
        self._broadcast_recipients, self._pending_broadcast = {}, []
        for queue in recipients:
            if not queue.pending:
                self._dirty_queues.append(queue)
            queue.pending.extend(frames)

    def _flush_queues(self) -> None:
        """Write each queue's own frames."""
        queues, self._dirty_queues = self._dirty_queues, []
        frames: list[bytes] = []
        joined = b""
        for queue in queues:
            pending, queue.pending = queue.pending, []
            # Neighbours are often subscribed to the same channels: equal lists share one buffer.
            if pending != frames:
                frames, joined = pending, b"".join(pending)
            if pending and not self._write(queue, joined):
                self._retry_later(queue)

    def _flush_broadcast(self) -> None:
        """Write the broadcast to each of its recipients."""
        recipients, frames = self._broadcast_recipients, self._pending_broadcast
        self._broadcast_recipients, self._pending_broadcast = {}, []
        joined = b"".join(frames)
        if recipients.keys().isdisjoint(self._congested):
            self._write_uncongested(recipients, joined)
            return
        for queue in recipients:
            if not self._write(queue, joined):
                self._retry_later(queue)

    def _write_uncongested(self, recipients: Recipients, data: bytes) -> None:
        """Write past the transports, whose buffers are empty: one system call each.

        Writing to a closing connection does no harm, and a lost one is no recipient.
        """
        size = len(data)
        partial: dict[int, int] = {}  # how much was taken, by index of the recipient
        for index, write_now in enumerate(recipients.values()):
            try:
                written = write_now(data)
            except BlockingIOError:
                written = 0
            except OSError:
                continue  # lost, as the transport is about to find out
            if written != size:
                partial[index] = written
        if partial:
            queues = list(recipients)
            for index, written in partial.items():
                self._buffer_remainder(queues[index], data[written:])

    def _write(self, queue: SendQueue, data: bytes) -> bool:
        """Write whole frames behind what is unsent; return False if the socket is full."""
        transport = queue.transport
        if transport.is_closing():
            self._clear(queue)
            return True
        buffered = transport.get_write_buffer_size()
        if queue.unsent or buffered > MAX_TRANSPORT_BUFFER:
            queue.unsent.append(data)
            queue.unsent_bytes += len(data)
            self._congested.add(queue)
            if buffered > MAX_TRANSPORT_BUFFER:
                return False
            data = b"".join(queue.unsent)
            queue.unsent.clear()
            queue.unsent_bytes = 0
        if buffered:
            queue.buffer(data)
            return True
        self._congested.discard(queue)
        try:
            written = queue.write_now(data)
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
        self._expand_broadcast()
        queue.pending = []
        queue.unsent.clear()
        queue.unsent_bytes = 0

    def _retry_later(self, queue: SendQueue) -> None:
        """Try a full socket again soon, unless its client is too slow to keep."""
        self._blocked.add(queue)
        if exceeds_limit(queue, self._max_queued_bytes, monotonic()):
            queue.connection.close_slow_consumer()
        if self._retry_timer is None:
            self._retry_timer = self._loop.call_later(BLOCKED_RETRY_S, self._retry_blocked)

    def _retry_blocked(self) -> None:
        self._retry_timer = None
        blocked, self._blocked = self._blocked, set()
        for queue in blocked:
            if not self._write(queue, b""):
                self._retry_later(queue)
