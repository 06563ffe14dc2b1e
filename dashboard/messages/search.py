"""Message filters, and an incremental search that scans each message once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from common import text_patterns
from dashboard.state.channels import EVERYONE_ADDRESS
from dashboard.state.message_log import Chunk, LoggedMessage, LogView
from protocol.channels import ChannelKind

MAX_ROWS = 200  # messages in a list


class MessageFilter(Struct, frozen=True):
    """Filter by channel, type, text and user; an empty field matches everything.

    ``channel`` is a kind (``order:``), a channel (``order:ord_1``), ``*`` for messages to
    everyone, or any part of a channel's name; it also matches ``order_channels``, whose orders it
    names by their number.  For ``text`` see ``common.text_patterns``; words also match
    ``order_ids``, of the orders whose number they are.  ``user`` is a user's id: it matches
    messages on the user's channel and those that contain it.
    """

    channel: str = ""
    type: str = ""
    text: str = ""
    user: str = ""
    order_channels: frozenset[str] = frozenset()
    order_ids: tuple[str, ...] = ()

    def matches_user(self, message: LoggedMessage) -> bool:
        """Tell whether a message is on the user's channel or contains the user's id."""
        return (
            not self.user
            or message.channel == f"{ChannelKind.USER}:{self.user}"
            or f'"{self.user}"'.encode() in message.text
        )

    def matches_channel(self, name: str) -> bool:
        """Tell whether the filter matches messages of a channel."""
        wanted = self.channel
        if wanted == EVERYONE_ADDRESS:
            return name == EVERYONE_ADDRESS
        if wanted.endswith(":"):
            return name.startswith(wanted)
        if ":" in wanted:
            return name == wanted
        return wanted in name or name in self.order_channels


class SearchResult(Struct, frozen=True):
    """Result of a search: number of matches, and the newest, newest first.

    ``unsearched`` counts the oldest messages, which were not searched yet.
    """

    total: int = 0
    newest: tuple[LoggedMessage, ...] = ()
    unsearched: int = 0


class SearchStopped(Exception):
    """A search was stopped before it had searched everything."""


class _ChunkMatches(NamedTuple):
    """How much of a chunk was searched, and its matches."""

    searched: int = 0
    matches: Chunk = ()


def _never() -> bool:
    return False


class MessageSearch:
    """Incremental search with one filter; caches matches by chunk."""

    def __init__(self, filter: MessageFilter) -> None:
        """Prepare a search.

        Raises:
            InvalidPattern: the text starts like an expression or a path but is not valid.
        """
        self.filter = filter
        self.pattern = text_patterns.parse_pattern(filter.text, filter.order_ids)
        self._cache: dict[int, _ChunkMatches] = {}

    def run(
        self, log: LogView, limit: int = MAX_ROWS, should_stop: Callable[[], bool] = _never
    ) -> SearchResult:
        """Search a log, newest first, until ``should_stop`` returns true.

        Raises:
            PatternTooSlow: see ``common.text_patterns``.
        """
        total, ahead, newest = 0, 0, list[LoggedMessage]()
        known: dict[int, _ChunkMatches] = {}
        for chunk in reversed(log.chunks):
            first = chunk[0].seq
            so_far = self._cache.get(first, _ChunkMatches())
            if so_far.searched < len(chunk) and (chunk is log.chunks[-1] or not should_stop()):
                so_far = self._extend(chunk, so_far, should_stop)
            known[first] = so_far
            # A paused tab has an older view of the chunk, which ends earlier.
            matches = so_far.matches
            if so_far.searched > len(chunk):
                matches = tuple(m for m in matches if m.seq <= chunk[-1].seq)
            ahead += max(0, len(chunk) - so_far.searched)
            total += len(matches)
            newest += matches[: -1 - (limit - len(newest)) : -1]
        self._cache = known
        return SearchResult(total, tuple(newest), ahead)

    def all_matches(
        self, log: LogView, should_stop: Callable[[], bool] = _never
    ) -> list[LoggedMessage]:
        """Return all matches, oldest first.

        Raises:
            SearchStopped: ``should_stop`` returned true.
            PatternTooSlow: see ``common.text_patterns``.
        """
        matches = list[LoggedMessage]()
        for chunk in log.chunks:
            found = self._extend(chunk, _ChunkMatches(), should_stop)
            if found.searched < len(chunk):
                raise SearchStopped
            matches += found.matches
        return matches

    def next_after(self, seq: int, log: LogView) -> LoggedMessage | None:
        """Return the oldest match after the message with this number."""
        later = (m for chunk in log.chunks if chunk[-1].seq > seq for m in chunk if m.seq > seq)
        return next((m for m in later if self._matches(m)), None)

    def _extend(
        self, chunk: Chunk, so_far: _ChunkMatches, should_stop: Callable[[], bool]
    ) -> _ChunkMatches:
        if self.filter == MessageFilter():
            return _ChunkMatches(len(chunk), chunk)
        fresh, searched = list[LoggedMessage](), so_far.searched
        for message in chunk[searched:]:
            if self._matches(message):
                fresh.append(message)
            searched += 1
            if should_stop():  # one message may take long
                break
        return _ChunkMatches(searched, so_far.matches + tuple(fresh))

    def _matches(self, message: LoggedMessage) -> bool:
        return (
            self.filter.type in ("", message.type)
            and self.filter.matches_channel(message.channel)
            and self.filter.matches_user(message)
            and (self.pattern is None or self.pattern.matches(message.text))
        )
