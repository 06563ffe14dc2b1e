"""Which messages a person wants to see, and finding them without reading all of them each tick."""

from __future__ import annotations

import re

from msgspec import Struct

from dashboard.history import CHUNK, Chunk, Log, Seen

SHOWN = 200  # messages in a list, at the most


class BadPattern(ValueError):
    """What stands between the slashes is no regular expression; the text says why."""


class Filter(Struct, frozen=True):
    """What to keep: of which channels, of which type, with which text.  Empty keeps all.

    ``channel`` is a kind (``order:``), a channel (``order:ord_1``), ``*`` for what went to
    everyone, or any part of a channel's name.  ``text`` is looked for in the message's JSON,
    in any case, or is a /regular expression/.
    """

    channel: str = ""
    type: str = ""
    text: str = ""

    def pattern(self) -> re.Pattern[str] | None:
        """Compile the text.

        Raises:
            BadPattern: it is between slashes and no regular expression.
        """
        if len(self.text) < 2 or not self.text.startswith("/"):
            return re.compile(re.escape(self.text), re.IGNORECASE) if self.text else None
        try:
            return re.compile(self.text[1:].removesuffix("/"), re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as why:
            raise BadPattern(str(why)) from None

    def takes_channel(self, name: str) -> bool:
        """Tell whether messages of this channel are wanted."""
        wanted = self.channel
        if wanted == "*":
            return name == "*"
        if wanted.endswith(":"):
            return name.startswith(wanted)
        return name == wanted if ":" in wanted else wanted in name


class Found(Struct, frozen=True):
    """What a filter left: how many, and the newest of them, newest first."""

    total: int = 0
    newest: tuple[Seen, ...] = ()


class Search:
    """One filter at work.  A full chunk never changes, so it is looked through only once."""

    def __init__(self, filter: Filter) -> None:
        """Begin.

        Raises:
            BadPattern: see ``Filter.pattern``.
        """
        self.filter = filter
        self._pattern = filter.pattern()
        self._known: dict[int, Chunk] = {}

    def found(self, log: Log, most: int = SHOWN) -> Found:
        """Look through a log."""
        total, newest = 0, list[Seen]()
        known: dict[int, Chunk] = {}
        for chunk in reversed(log.chunks):
            matches = self._matches(chunk, known)
            total += len(matches)
            newest += matches[: -1 - (most - len(newest)) : -1]
        self._known = known
        return Found(total, tuple(newest))

    def every(self, log: Log) -> list[Seen]:
        """Return all of them, oldest first."""
        return [message for chunk in log.chunks for message in self._matches(chunk, {})]

    def _matches(self, chunk: Chunk, known: dict[int, Chunk]) -> Chunk:
        """Return what is wanted of a chunk, and note it in ``known`` where it is full."""
        first = chunk[0].seq
        matches = self._known.get(first)
        if matches is None:
            everything = self.filter == Filter()
            matches = chunk if everything else tuple(m for m in chunk if self._wants(m))
        if len(chunk) == CHUNK:
            known[first] = matches
        return matches

    def _wants(self, message: Seen) -> bool:
        return (
            self.filter.type in ("", message.type)
            and self.filter.takes_channel(message.channel)
            and (self._pattern is None or bool(self._pattern.search(message.text.decode())))
        )
