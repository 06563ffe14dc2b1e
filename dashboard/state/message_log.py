"""Bounded log of sampled messages with cheap immutable views.

Full chunks are immutable, so a view of the log is a tuple of some eighty references; a paused
tab keeps its view alive.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

MAX_MESSAGES = 20_000  # also how far a paused tab may fall behind
MAX_BYTES = 32 << 20  # of JSON; 20,000 messages of the simulated shop are 12 MiB
CHUNK_SIZE = 256


class LoggedMessage(Struct, frozen=True, gc=False):
    """One message; ``seq`` counts from 1 and is never reused.

    ``at`` is the server's timestamp, in seconds since the epoch; ``text`` is the JSON of the whole
    message; ``reached`` is the number of connections it was queued for.
    """

    seq: int
    at: float
    channel: str
    type: str
    reached: int
    text: bytes


Chunk = tuple[LoggedMessage, ...]


class LogView(Struct, frozen=True):
    """The log at one time, oldest chunk first; ``seq`` is the newest message's."""

    chunks: tuple[Chunk, ...] = ()
    seq: int = 0
    count: int = 0

    @classmethod
    def from_messages(cls, messages: Chunk) -> LogView:
        """Make a view of messages from another source, oldest first."""
        return cls((messages,), messages[-1].seq, len(messages)) if messages else cls()

    def newest_first(self) -> Iterator[LoggedMessage]:
        """Iterate from the newest message to the oldest."""
        for chunk in reversed(self.chunks):
            yield from reversed(chunk)

    def up_to(self, seq: int) -> LogView:
        """Return a view that ends with this message."""
        chunks = tuple(chunk for chunk in self.chunks if chunk[0].seq <= seq)
        if not chunks:
            return LogView(seq=seq)
        *full, last = chunks
        last = last[: seq + 1 - last[0].seq]
        kept = sum(map(len, full)) + len(last)
        return LogView((*full, last), seq, kept)

    def dropped_after(self, seq: int) -> int:
        """Return how many messages after this one the log no longer had."""
        oldest = self.chunks[0][0].seq if self.chunks else self.seq + 1
        return max(0, oldest - 1 - seq)

    @property
    def has_dropped(self) -> bool:
        """Whether messages before those of the view were dropped."""
        return bool(self.chunks) and self.chunks[0][0].seq > 1

    @property
    def oldest_at(self) -> float | None:
        """When the oldest message of the view was sent."""
        return self.chunks[0][0].at if self.count else None


class MessageBuffer:
    """Ring buffer that evicts its oldest chunk beyond ``MAX_MESSAGES`` or ``MAX_BYTES``."""

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._max_messages, self._max_bytes = max_messages, max_bytes
        self._chunks: deque[Chunk] = deque()
        self._current_chunk: list[LoggedMessage] = []
        self._seq = self._count = self._bytes = 0

    def append(
        self, at: float, channel: str, type_: str, reached: int, text: bytes
    ) -> LoggedMessage:
        """Append a message; returns it with its number."""
        self._seq += 1
        message = LoggedMessage(self._seq, at, channel, type_, reached, text)
        self._current_chunk.append(message)
        self._count += 1
        self._bytes += len(text)
        if len(self._current_chunk) == CHUNK_SIZE:
            self._chunks.append(tuple(self._current_chunk))
            self._current_chunk.clear()
            self._evict()
        return message

    def clear(self) -> None:
        """Remove all messages; numbers go on."""
        self._chunks.clear()
        self._current_chunk.clear()
        self._count = self._bytes = 0

    def view(self) -> LogView:
        """Return an immutable view of the log."""
        rest = (tuple(self._current_chunk),) if self._current_chunk else ()
        return LogView((*self._chunks, *rest), self._seq, self._count)

    def _evict(self) -> None:
        while self._chunks:
            oldest = self._chunks[0]
            size = sum(len(message.text) for message in oldest)
            enough = self._count - len(oldest) >= self._max_messages
            if not enough and self._bytes <= self._max_bytes:
                return
            self._chunks.popleft()
            self._count -= len(oldest)
            self._bytes -= size
