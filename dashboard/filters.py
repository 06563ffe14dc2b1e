"""Message filters, and an incremental search that scans each message once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from dashboard import patterns
from dashboard.history import Chunk, Log, Seen

SHOWN = 200  # messages in a list, at the most


class Filter(Struct, frozen=True):
    """Filter by channel, type and text; an empty field matches everything.

    ``channel`` is a kind (``order:``), a channel (``order:ord_1``), ``*`` for what went to
    everyone, or any part of a channel's name.  For ``text`` see ``dashboard.patterns``.
    """

    channel: str = ""
    type: str = ""
    text: str = ""

    def takes_channel(self, name: str) -> bool:
        """Tell whether messages of this channel are wanted."""
        wanted = self.channel
        if wanted == "*":
            return name == "*"
        if wanted.endswith(":"):
            return name.startswith(wanted)
        return name == wanted if ":" in wanted else wanted in name


class Found(Struct, frozen=True):
    """Result of a search: number of matches, and the newest, newest first.

    ``ahead`` counts the oldest messages, which were not searched yet.
    """

    total: int = 0
    newest: tuple[Seen, ...] = ()
    ahead: int = 0


class _Known(NamedTuple):
    """How much of a chunk was searched, and its matches."""

    length: int
    matches: Chunk


def _never() -> bool:
    return False


class Search:
    """Incremental search with one filter; caches matches by chunk."""

    def __init__(self, filter: Filter) -> None:
        """Begin.

        Raises:
            patterns.BadPattern: the text begins like an expression or a path and is none.
        """
        self.filter = filter
        self.pattern = patterns.read(filter.text)
        self._known: dict[int, _Known] = {}

    def found(self, log: Log, most: int = SHOWN, is_enough: Callable[[], bool] = _never) -> Found:
        """Search a log, newest first, until ``is_enough``."""
        total, ahead, newest = 0, 0, list[Seen]()
        known: dict[int, _Known] = {}
        for chunk in reversed(log.chunks):
            first = chunk[0].seq
            so_far = self._known.get(first, _Known(0, ()))
            if so_far.length < len(chunk) and (chunk is log.chunks[-1] or not is_enough()):
                so_far = self._further(chunk, so_far)
            known[first] = so_far
            # A tab that holds an older moment of the chunk sees no more of it than there was.
            matches = so_far.matches
            if so_far.length > len(chunk):
                matches = tuple(m for m in matches if m.seq <= chunk[-1].seq)
            ahead += max(0, len(chunk) - so_far.length)
            total += len(matches)
            newest += matches[: -1 - (most - len(newest)) : -1]
        self._known = known
        return Found(total, tuple(newest), ahead)

    def every(self, log: Log) -> list[Seen]:
        """Return all of them, oldest first."""
        return [m for chunk in log.chunks for m in self._further(chunk, _Known(0, ())).matches]

    def next_after(self, seq: int, log: Log) -> Seen | None:
        """Return the oldest match after that message."""
        later = (m for chunk in log.chunks if chunk[-1].seq > seq for m in chunk if m.seq > seq)
        return next((m for m in later if self._wants(m)), None)

    def _further(self, chunk: Chunk, so_far: _Known) -> _Known:
        if self.filter == Filter():
            return _Known(len(chunk), chunk)
        fresh = tuple(m for m in chunk[so_far.length :] if self._wants(m))
        return _Known(len(chunk), so_far.matches + fresh)

    def _wants(self, message: Seen) -> bool:
        return (
            self.filter.type in ("", message.type)
            and self.filter.takes_channel(message.channel)
            and (self.pattern is None or self.pattern.matches(message.text))
        )
