"""What a server has counted since it started."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from protocol.messages import Message


@dataclass(slots=True)
class Counters:
    """Running totals; ``refusals`` by error code, ``closes`` by close code.

    ``messages_out`` counts what was queued for single sockets, replies and deliveries alike.
    ``received`` counts the messages that could be read, and ``replies`` what answered them,
    by class: that costs less than by name, and a client cannot make up new ones.  ``replays``
    counts, by type, what was sent again to those who asked for the last.
    """

    messages_in: int = 0
    messages_out: int = 0
    publications: int = 0
    deliveries: int = 0
    evictions: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)
    received: Counter[type[Message]] = field(default_factory=Counter)
    replies: Counter[type[Message]] = field(default_factory=Counter)
    replays: Counter[str] = field(default_factory=Counter)
