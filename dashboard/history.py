"""Bounded log of sampled messages with cheap immutable views.

Full chunks are immutable, so a view of the log is
a tuple of some eighty references; a paused tab keeps its view alive.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

MESSAGES = 20_000  # kept; also how far a paused tab may fall behind
BYTES = 32 << 20  # of JSON kept; of 20,000 messages of the shop's size 12 MiB
CHUNK = 256


class Seen(Struct, frozen=True, gc=False):
    """One message; ``seq`` counts from 1 and is never reused.

    ``at`` is the server's stamp, in seconds since the epoch; ``text`` the JSON of the whole
    message; ``reached`` how many sockets it was queued for.
    """

    seq: int
    at: float
    channel: str
    type: str
    reached: int
    text: bytes


Chunk = tuple[Seen, ...]


class Log(Struct, frozen=True):
    """A moment of the history, oldest chunk first; ``seq`` is that of the newest message ever."""

    chunks: tuple[Chunk, ...] = ()
    seq: int = 0
    kept: int = 0

    @classmethod
    def of(cls, messages: Chunk) -> Log:
        """Make a moment of messages from elsewhere, oldest first."""
        return cls((messages,), messages[-1].seq, len(messages)) if messages else cls()

    def newest_first(self) -> Iterator[Seen]:
        """Iterate from the newest message to the oldest."""
        for chunk in reversed(self.chunks):
            yield from reversed(chunk)

    def until(self, seq: int) -> Log:
        """Return a view that ends with this message."""
        chunks = tuple(chunk for chunk in self.chunks if chunk[0].seq <= seq)
        if not chunks:
            return Log(seq=seq)
        *full, last = chunks
        last = last[: seq + 1 - last[0].seq]
        kept = sum(map(len, full)) + len(last)
        return Log((*full, last), seq, kept)

    @property
    def oldest_at(self) -> float | None:
        """When the oldest message that is still here was sent."""
        return self.chunks[0][0].at if self.kept else None


class Recorder:
    """Ring buffer; evicts the oldest chunk beyond ``MESSAGES`` messages or ``BYTES`` bytes."""

    def __init__(self, messages: int = MESSAGES, size: int = BYTES) -> None:
        self._most, self._most_bytes = messages, size
        self._full: deque[Chunk] = deque()
        self._open: list[Seen] = []
        self._seq = self._kept = self._bytes = 0

    def append(self, at: float, channel: str, type_: str, reached: int, text: bytes) -> None:
        """Append a message."""
        self._seq += 1
        self._open.append(Seen(self._seq, at, channel, type_, reached, text))
        self._kept += 1
        self._bytes += len(text)
        if len(self._open) == CHUNK:
            self._full.append(tuple(self._open))
            self._open.clear()
            self._forget()

    def moment(self) -> Log:
        """Return an immutable view of the log."""
        rest = (tuple(self._open),) if self._open else ()
        return Log((*self._full, *rest), self._seq, self._kept)

    def _forget(self) -> None:
        while self._full:
            oldest = self._full[0]
            size = sum(len(message.text) for message in oldest)
            enough = self._kept - len(oldest) >= self._most
            if not enough and self._bytes <= self._most_bytes:
                return
            self._full.popleft()
            self._kept -= len(oldest)
            self._bytes -= size
