"""What waits to be sent: the caller's messages, bounded, and the session's own.

Pure.  The caller's outlive a connection that ends before they left; the session's own are
made anew for the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from client.errors import QueueFull

QUEUE_LIMIT = 1000
"""Messages of the caller that may wait; enough to outlast a server's restart."""


class Frame(Struct, frozen=True):
    """One text frame; ``id`` is that of the request in it, if somebody waits for a reply."""

    text: bytes
    id: str | None = None
    is_own: bool = False


class Outgoing:
    """A queue with a limit that refuses, and never drops."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: deque[Frame] = deque()

    def put(self, frame: Frame) -> None:
        """Append the session's own frame, or one of the caller's.

        Raises:
            QueueFull: it is the caller's, and one too many.
        """
        if not frame.is_own and len(self._frames) >= self._limit:
            raise QueueFull(self._limit)
        self._frames.append(frame)

    def put_first(self, own: Iterable[Frame]) -> None:
        """Put the session's own frames, in their order, before all others."""
        self._frames.extendleft(reversed(list(own)))

    def take(self) -> Frame | None:
        """Remove the next one, if there is any."""
        return self._frames.popleft() if self._frames else None

    def forget(self, id: str) -> None:
        """Drop the request with this id, if it still waits."""
        self._keep(frame for frame in self._frames if frame.id != id)

    def forget_own(self) -> None:
        """Drop what concerned the connection that ended."""
        self._keep(frame for frame in self._frames if not frame.is_own)

    def _keep(self, frames: Iterable[Frame]) -> None:
        self._frames = deque(frames)
