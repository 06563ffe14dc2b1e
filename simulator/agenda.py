"""Event queue of the simulation, ordered by virtual time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator

Action = Callable[[float], None]
"""Called with the time for which it was scheduled."""


class Plan:
    """A scheduled action; it can be cancelled until it runs."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def call_off(self) -> None:
        """Cancel it; no effect after it has run."""
        self.action = None


class Agenda:
    """Queue of actions by virtual seconds since the start; equal times keep their order."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Plan]] = []
        self._count = itertools.count()

    def at(self, when: float, action: Action) -> Plan:
        """Schedule an action."""
        plan = Plan(action)
        heapq.heappush(self._entries, (when, next(self._count), plan))
        return plan

    def due(self, until: float) -> Iterator[tuple[float, Action]]:
        """Yield the actions due by ``until``, including those scheduled while iterating."""
        while self._entries and self._entries[0][0] <= until:
            when, _, plan = heapq.heappop(self._entries)
            if plan.action is not None:
                yield when, plan.action
