"""What a server has counted since it started."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Running totals; ``refusals`` by error code, ``closes`` by close code.

    ``messages_out`` counts what was queued for single sockets, replies and deliveries alike.
    """

    messages_in: int = 0
    messages_out: int = 0
    publications: int = 0
    deliveries: int = 0
    evictions: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)
