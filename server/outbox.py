"""Frames on their way to clients: collected while the loop turns, written once a flush.

A write costs some 7 us of system call whatever it carries, so fewer writes are what there is
to win.  Frames are appended to each client's list; a flush joins the list and writes once.
Nobody waits for a client: what its socket does not take is kept here and counted.

What is for a crowd, the listeners of one channel, is kept once for all of it as long as
nothing else is to be written: its flush is one loop of writes and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Protocol

SOCKET_ENOUGH = 1 << 16  # bytes in the transport's buffer; above it nothing more is written
RETRY_S = 0.02  # how soon a socket that was full is looked at again
LONGEST_PAUSE_S = 0.016  # between flushes under load: a frame of a 60 Hz screen
SOON = 0.25  # of the time that a flush took: what comes within it came right after
ALONE = 0.15  # of the time that a flush took: when nothing more comes for so long, nothing will
MOST_IN_VAIN = 8  # flushes between two attempts to wait, where waiting is in vain
PATIENCE_S = 1.0  # how long a client may be over its limit
AT_ONCE = 4  # times the limit that may never wait, not even for a moment


class Transport(Protocol):
    """The little of an asyncio transport that an outbox needs."""

    def write(self, data: bytes) -> None:
        """Send, or buffer what the socket does not take."""

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the socket has not taken."""
        ...

    def is_closing(self) -> bool:
        """Tell whether the connection is gone or going."""
        ...


class Outbox:
    """One client's frames that are not written yet, in order.

    ``write_now`` writes to the socket itself, without the transport's ceremony, and
    returns how many bytes it took; it raises OSError as ``os.write`` does.
    """

    __slots__ = (
        "_flusher",
        "_held",
        "_over_since",
        "_transport",
        "held_bytes",
        "pending",
        "write_now",
    )

    def __init__(
        self, transport: Transport, write_now: Callable[[bytes], int], flusher: Flusher
    ) -> None:
        self._transport = transport
        self._flusher = flusher
        self.write_now = write_now
        self._held: list[bytes] = []
        self._over_since: float | None = None
        self.pending: list[bytes] = []
        self.held_bytes = 0
        flusher.unclear.add(self)  # the answer to the handshake may still be on its way

    @property
    def waiting_bytes(self) -> int:
        """Return what the client has not taken: here and in its socket's buffer."""
        return self.held_bytes + self._transport.get_write_buffer_size()

    def push(self, frame: bytes) -> None:
        """Queue a frame, or several in one piece, for the next flush."""
        flusher, pending = self._flusher, self.pending
        if flusher.for_crowd:
            flusher.spread()
        flusher.queued += 1
        pending.append(frame)
        if len(pending) == 1:
            flusher.dirty(self)

    def drop(self) -> None:
        """Forget what is queued."""
        self._flusher.spread()
        self.pending = []
        self._held.clear()
        self.held_bytes = 0

    def end(self) -> None:
        """Write what is queued, as far as it goes: nothing comes after it."""
        self._flusher.finish(self)

    def finish(self, frame: bytes) -> None:
        """Forget what is queued and write a last frame behind what the socket already has."""
        self.drop()
        if not self._transport.is_closing():
            self._transport.write(frame)

    def send(self, data: bytes) -> bool:
        """Write ``data``, whole frames, behind what is held; tell whether all went out."""
        transport = self._transport
        if transport.is_closing():
            self.drop()
            return True
        unread = transport.get_write_buffer_size()
        if self._held or unread > SOCKET_ENOUGH:
            self._held.append(data)
            self.held_bytes += len(data)
            self._flusher.unclear.add(self)
            if unread > SOCKET_ENOUGH:
                return False
            data = b"".join(self._held)
            self._held.clear()
            self.held_bytes = 0
        if unread:
            transport.write(data)
            return True
        self._flusher.unclear.discard(self)
        try:
            taken = self.write_now(data)
        except BlockingIOError:
            taken = 0
        except OSError:
            return True  # the connection is gone, as the transport is about to find out
        if taken != len(data):
            self.leave_rest(data[taken:])
        return True

    def leave_rest(self, data: bytes) -> None:
        """Leave to the transport what the socket did not take."""
        self._flusher.unclear.add(self)
        self._transport.write(data)

    def is_too_slow(self, limit: int, now: float) -> bool:
        """Tell whether the client has been over its limit for too long, or far over it."""
        waiting = self.waiting_bytes
        if waiting <= limit:
            self._over_since = None
            return False
        if self._over_since is None:
            self._over_since = now
        return waiting > AT_ONCE * limit or now - self._over_since > PATIENCE_S


Crowd = dict[Outbox, Callable[[bytes], int]]
"""Who hears a channel, each with its ``write_now``: a flush of theirs touches nothing else."""


def crowd(outboxes: Iterable[Outbox]) -> Crowd:
    """Make one."""
    return {outbox: outbox.write_now for outbox in outboxes}


class Flusher:
    """Writes the outboxes that have something to say, at the next turn of the loop.

    A frame that comes right after a flush is a sign of load: it waits for company, as long
    as more keeps coming and up to as long as that flush took.  So the harder the load, the
    more each write carries.  Each wait in vain doubles how many flushes the next is away, so a
    stream that writes can just keep up with waits for next to nothing; a frame that comes
    later than that goes at once.
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
        self._ended_at = self._took = 0.0
        self._seen = self.queued = 0  # frames, ever
        self._in_vain = self._until_next = 0  # flushes from one wait to the next; those left
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
        if monotonic() - self._ended_at >= SOON * self._took:
            self._loop.call_soon(self.flush)
        elif self._until_next:
            self._until_next -= 1
            self._loop.call_soon(self.flush)
        else:
            self._in_vain = self._until_next = min(2 * self._in_vain or 1, MOST_IN_VAIN)
            self._wait()

    def _wait(self) -> None:
        self._seen = self.queued
        self._loop.call_later(ALONE * self._took, self._look)

    def _look(self) -> None:
        """Flush if nothing more has come, or it has been long enough; else wait on."""
        longest = min(self._took, LONGEST_PAUSE_S)
        if self.queued == self._seen or monotonic() - self._ended_at >= longest:
            self.flush()
        else:
            self._in_vain = self._until_next = 0
            self._wait()

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
        self._ended_at = monotonic()
        self._took = self._ended_at - started

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
