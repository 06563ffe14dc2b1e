"""Event queue of the simulation, ordered by virtual time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator

Action = Callable[[float], None]
"""Called with the time for which it was scheduled."""


class ScheduledAction:
    """A scheduled action; it can be cancelled until it runs."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        """Cancel it; no effect after it has run."""
        self.action = None


class Scheduler:
    """Queue of actions by virtual seconds since the start; equal times keep their order."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, ScheduledAction]] = []
        self._count = itertools.count()

    def call_at(self, when: float, action: Action) -> ScheduledAction:
        """Schedule an action."""
        plan = ScheduledAction(action)
        heapq.heappush(self._heap, (when, next(self._count), plan))
        return plan

    def pop_due(self, until: float) -> Iterator[tuple[float, Action]]:
        """Yield the actions due by ``until``, including those scheduled while iterating."""
        while self._heap and self._heap[0][0] <= until:
            when, _, plan = heapq.heappop(self._heap)
            if plan.action is not None:
                yield when, plan.action
