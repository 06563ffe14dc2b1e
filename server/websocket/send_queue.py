"""One client's frames on their way: collected while the loop turns, written once a flush.

Nobody waits for a client: what its socket does not take is kept here and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

MAX_TRANSPORT_BUFFER = 1 << 16  # bytes in the transport's buffer; above it nothing more is written
SOFT_LIMIT_GRACE_S = 1.0  # how long a client may be over its limit
HARD_LIMIT_FACTOR = 4  # times the limit that may never wait, not even for a moment


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


class FlushScheduler(Protocol):
    """What an outbox needs of the flusher that it belongs to."""

    frames_queued: int
    """Frames, ever."""
    pending_broadcast: list[bytes]
    """What is kept once for many, and comes before whatever is pushed now."""
    congested: set[SendQueue]
    """Those of whom something waits in the transport, or may."""

    def expand_broadcast(self) -> None:
        """Give each of the many its own share."""

    def mark_dirty(self, queue: SendQueue) -> None:
        """Take note that this outbox has its first pending frame."""

    def close_queue(self, queue: SendQueue) -> None:
        """Write what this outbox still has, and let go of it."""


class SendQueue:
    """One client's frames that are not written yet, in order.

    ``write_now`` writes to the socket itself, without the transport's ceremony, and
    returns how many bytes it took; it raises OSError as ``os.write`` does.
    """

    __slots__ = (
        "_over_limit_since",
        "_scheduler",
        "_transport",
        "_unsent",
        "pending",
        "unsent_bytes",
        "write_now",
    )

    def __init__(
        self, transport: Transport, write_now: Callable[[bytes], int], scheduler: FlushScheduler
    ) -> None:
        self._transport = transport
        self._scheduler = scheduler
        self.write_now = write_now
        self._unsent: list[bytes] = []
        self._over_limit_since: float | None = None
        self.pending: list[bytes] = []
        self.unsent_bytes = 0
        scheduler.congested.add(self)  # the answer to the handshake may still be on its way

    @property
    def queued_bytes(self) -> int:
        """Return what the client has not taken: here and in its socket's buffer."""
        return self.unsent_bytes + self._transport.get_write_buffer_size()

    def push(self, frame: bytes) -> None:
        """Queue a frame, or several in one piece, for the next flush."""
        scheduler, pending = self._scheduler, self.pending
        if scheduler.pending_broadcast:
            scheduler.expand_broadcast()
        scheduler.frames_queued += 1
        pending.append(frame)
        if len(pending) == 1:
            scheduler.mark_dirty(self)

    def clear(self) -> None:
        """Forget what is queued."""
        self._scheduler.expand_broadcast()
        self.pending = []
        self._unsent.clear()
        self.unsent_bytes = 0

    def flush_and_close(self) -> None:
        """Write what is queued, as far as it goes: nothing comes after it."""
        self._scheduler.close_queue(self)

    def replace_with(self, frame: bytes) -> None:
        """Forget what is queued and write a last frame behind what the socket already has."""
        self.clear()
        if not self._transport.is_closing():
            self._transport.write(frame)

    def write(self, data: bytes) -> bool:
        """Write ``data``, whole frames, behind what is held; tell whether all went out."""
        transport = self._transport
        if transport.is_closing():
            self.clear()
            return True
        unread = transport.get_write_buffer_size()
        if self._unsent or unread > MAX_TRANSPORT_BUFFER:
            self._unsent.append(data)
            self.unsent_bytes += len(data)
            self._scheduler.congested.add(self)
            if unread > MAX_TRANSPORT_BUFFER:
                return False
            data = b"".join(self._unsent)
            self._unsent.clear()
            self.unsent_bytes = 0
        if unread:
            transport.write(data)
            return True
        self._scheduler.congested.discard(self)
        try:
            written = self.write_now(data)
        except BlockingIOError:
            written = 0
        except OSError:
            return True  # the connection is gone, as the transport is about to find out
        if written != len(data):
            self.buffer_remainder(data[written:])
        return True

    def buffer_remainder(self, data: bytes) -> None:
        """Leave to the transport what the socket did not take."""
        self._scheduler.congested.add(self)
        self._transport.write(data)

    def exceeds_limit(self, limit: int, now: float) -> bool:
        """Tell whether the client has been over its limit for too long, or far over it."""
        waiting = self.queued_bytes
        if waiting <= limit:
            self._over_limit_since = None
            return False
        if self._over_limit_since is None:
            self._over_limit_since = now
        return (
            waiting > HARD_LIMIT_FACTOR * limit or now - self._over_limit_since > SOFT_LIMIT_GRACE_S
        )
