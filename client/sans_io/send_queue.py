"""Send queue: messages of the application, with a limit, and of the client itself.

Pure.  The application's messages survive a lost connection; the client's own are created again
for the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from client.errors import QueueFull

QUEUE_LIMIT = 1000
"""Maximum of queued messages; enough for a restart of the server."""


class OutgoingFrame(Struct, frozen=True):
    """One text frame; ``id`` is set for a request with a pending reply."""

    text: bytes
    id: str | None = None
    is_internal: bool = False


class ClientSendQueue:
    """A bounded queue that rejects new messages and never drops queued ones."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: deque[OutgoingFrame] = deque()

    def put(self, frame: OutgoingFrame) -> None:
        """Append a frame.

        Raises:
            QueueFull: the queue is full; does not apply to internal frames.
        """
        if not frame.is_internal and len(self._frames) >= self._limit:
            raise QueueFull(self._limit)
        self._frames.append(frame)

    def put_front(self, frames: Iterable[OutgoingFrame]) -> None:
        """Put the client's own frames, in order, before all others."""
        self._frames.extendleft(reversed(list(frames)))

    def pop(self) -> OutgoingFrame | None:
        """Remove and return the next frame; None if there is none."""
        return self._frames.popleft() if self._frames else None

    def remove(self, id: str) -> None:
        """Remove the request with this id, if it is still queued."""
        self._replace(frame for frame in self._frames if frame.id != id)

    def remove_internal(self) -> None:
        """Remove the client's own frames, which belong to the lost connection."""
        self._replace(frame for frame in self._frames if not frame.is_internal)

    def _replace(self, frames: Iterable[OutgoingFrame]) -> None:
        self._frames = deque(frames)
