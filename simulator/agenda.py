"""What is going to happen, in the order in which it will."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator

Action = Callable[[float], None]
"""What to do, told the time at which it was due."""


class Agenda:
    """A queue by time: virtual seconds since the start.  What is due together keeps its order."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Action]] = []
        self._count = itertools.count()

    def at(self, when: float, action: Action) -> None:
        """Plan an action."""
        heapq.heappush(self._entries, (when, next(self._count), action))

    def due(self, until: float) -> Iterator[tuple[float, Action]]:
        """Take out, one by one, what is due by ``until``, also what is planned meanwhile."""
        while self._entries and self._entries[0][0] <= until:
            when, _, action = heapq.heappop(self._entries)
            yield when, action
