"""What a server has counted since it started."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from protocol.messages import Message


def _by_class() -> defaultdict[type[Message], int]:
    return defaultdict(int)


@dataclass(slots=True)
class Counters:
    """Running totals; ``refusals`` by error code, ``closes`` by close code.

    ``messages_out`` counts what was queued for single sockets, replies and deliveries alike.
    ``received`` counts the messages that could be read, and ``replies`` what answered them,
    by class: that costs less than by name, and a client cannot make up new ones; and in a
    ``defaultdict``, since a ``Counter`` takes three times as long.  ``replays`` counts, by
    type, what was sent again to those who asked for the last.
    """

    messages_in: int = 0
    messages_out: int = 0
    publications: int = 0
    deliveries: int = 0
    evictions: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)
    received: defaultdict[type[Message], int] = field(default_factory=_by_class)
    replies: defaultdict[type[Message], int] = field(default_factory=_by_class)
    replays: Counter[str] = field(default_factory=Counter)
