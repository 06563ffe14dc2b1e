"""One client's frames on their way: collected while the loop turns, written once a flush.

Nobody waits for a client: what its socket does not take is kept here and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

SOCKET_ENOUGH = 1 << 16  # bytes in the transport's buffer; above it nothing more is written
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


class Flushes(Protocol):
    """What an outbox needs of the flusher that it belongs to."""

    queued: int
    """Frames, ever."""
    for_crowd: list[bytes]
    """What is kept once for many, and comes before whatever is pushed now."""
    unclear: set[Outbox]
    """Those of whom something waits in the transport, or may."""

    def spread(self) -> None:
        """Give each of the many its own share."""

    def dirty(self, outbox: Outbox) -> None:
        """Take note that this outbox has its first pending frame."""

    def finish(self, outbox: Outbox) -> None:
        """Write what this outbox still has, and let go of it."""


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
        self, transport: Transport, write_now: Callable[[bytes], int], flusher: Flushes
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
