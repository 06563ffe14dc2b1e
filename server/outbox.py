"""Frames on their way to clients: collected while the loop turns, written once a flush.

A write costs some 7 us of system call whatever it carries, so fewer writes are what there is
to win.  Frames are appended to each client's list; a flush joins the list and writes once.
Nobody waits for a client: what its socket does not take is kept here and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Protocol

SOCKET_ENOUGH = 1 << 16  # bytes in the transport's buffer; above it nothing more is written
RETRY_S = 0.02  # how soon a socket that was full is looked at again
LONGEST_PAUSE_S = 0.016  # between flushes under load: a frame of a 60 Hz screen
SOON = 0.25  # of the time that a flush took: what comes within it came right after
CROWD = 4  # frames a client in one flush, from which on the pause is as long as the flush
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
        "_write_now",
        "held_bytes",
        "pending",
    )

    def __init__(
        self, transport: Transport, write_now: Callable[[bytes], int], flusher: Flusher
    ) -> None:
        self._transport = transport
        self._write_now = write_now
        self._flusher = flusher
        self._held: list[bytes] = []
        self._over_since: float | None = None
        self.pending: list[bytes] = []
        self.held_bytes = 0

    @property
    def waiting_bytes(self) -> int:
        """Return what the client has not taken: here and in its socket's buffer."""
        return self.held_bytes + self._transport.get_write_buffer_size()

    def push(self, frame: bytes) -> None:
        """Queue a frame, or several in one piece, for the next flush."""
        if not self.pending:
            self._flusher.dirty(self)
        self.pending.append(frame)

    def drop(self) -> None:
        """Forget what is queued."""
        self.pending = []
        self._held.clear()
        self.held_bytes = 0

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
            if unread > SOCKET_ENOUGH:
                return False
            data = b"".join(self._held)
            self._held.clear()
            self.held_bytes = 0
        if not unread:
            # Past the transport, which has nothing of this client's: one system call, no more.
            try:
                taken = self._write_now(data)
            except BlockingIOError:
                taken = 0
            except OSError:
                return True  # the connection is gone, as the transport is about to find out
            if taken == len(data):
                return True
            data = data[taken:]
        transport.write(data)
        return True

    def is_too_slow(self, limit: int, now: float) -> bool:
        """Tell whether the client has been over its limit for too long, or far over it."""
        waiting = self.waiting_bytes
        if waiting <= limit:
            self._over_since = None
            return False
        if self._over_since is None:
            self._over_since = now
        return waiting > AT_ONCE * limit or now - self._over_since > PATIENCE_S


class Flusher:
    """Writes the outboxes that have something to say, at the next turn of the loop.

    A frame that comes right after a flush is a sign of load: it waits for company, up to as
    long as that flush took, the longer the more frames a client got in it.  So the harder
    the load, the more each write carries, and a stream that writes can keep up with waits
    for next to nothing; a frame that comes later than that goes at once.
    ``flushed`` is told after every flush; ``stuck`` of each outbox that could not write.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        flushed: Callable[[], None],
        stuck: Callable[[Outbox], None],
    ) -> None:
        self._loop = loop
        self._flushed = flushed
        self._stuck = stuck
        self._dirty: list[Outbox] = []
        self._full: set[Outbox] = set()
        self._is_scheduled = False
        self._ended_at = self._soon = self._pause = 0.0
        self._retry: asyncio.TimerHandle | None = None

    def dirty(self, outbox: Outbox) -> None:
        """Take note that this outbox has its first pending frame."""
        self._dirty.append(outbox)
        if not self._is_scheduled:
            self._is_scheduled = True
            since = monotonic() - self._ended_at
            if since < self._soon:
                self._loop.call_later(max(0.0, self._pause - since), self.flush)
            else:
                self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write everything that is pending, now."""
        started = monotonic()  # uvloop's own time stands still within a turn
        self._is_scheduled = False
        outboxes, self._dirty = self._dirty, []
        frames: list[bytes] = []
        joined = b""
        most = 0
        for outbox in outboxes:
            pending, outbox.pending = outbox.pending, []
            # Neighbours usually hear the same channels: equal lists share one joined buffer.
            if pending != frames:
                frames, joined = pending, b"".join(pending)
                most = max(most, len(pending))
            if pending and not outbox.send(joined):
                self._keep(outbox)
        self._flushed()
        self._ended_at = monotonic()
        took = self._ended_at - started
        self._soon = SOON * took
        self._pause = min(took, LONGEST_PAUSE_S) * min(1.0, most / CROWD)

    def finish(self, outbox: Outbox) -> None:
        """Write what one outbox still has, and let go of it: its connection ends."""
        if outbox.pending:
            outbox.send(b"".join(outbox.pending))
        outbox.drop()
        self._full.discard(outbox)

    def _keep(self, outbox: Outbox) -> None:
        """Look again soon at an outbox whose socket is full."""
        self._full.add(outbox)
        self._stuck(outbox)
        if self._retry is None:
            self._retry = self._loop.call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        full, self._full = self._full, set()
        for outbox in full:
            if not outbox.send(b""):
                self._keep(outbox)
