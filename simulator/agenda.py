"""What is going to happen, in the order in which it will."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator

Action = Callable[[float], None]
"""What to do, told the time at which it was due."""


class Plan:
    """One action that will be done at its time, unless it is called off before."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def call_off(self) -> None:
        """Have it not done; without effect on what has been done."""
        self.action = None


class Agenda:
    """A queue by time: virtual seconds since the start.  What is due together keeps its order."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Plan]] = []
        self._count = itertools.count()

    def at(self, when: float, action: Action) -> Plan:
        """Plan an action."""
        plan = Plan(action)
        heapq.heappush(self._entries, (when, next(self._count), plan))
        return plan

    def due(self, until: float) -> Iterator[tuple[float, Action]]:
        """Take out, one by one, what is due by ``until``, also what is planned meanwhile."""
        while self._entries and self._entries[0][0] <= until:
            when, _, plan = heapq.heappop(self._entries)
            if plan.action is not None:
                yield when, plan.action
