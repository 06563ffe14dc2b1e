"""Event queue of the simulation, ordered by virtual time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator

Action = Callable[[float], None]
"""Called with the time for which it is scheduled."""


class ScheduledAction:
    """An action in the queue; it can be cancelled until it runs."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        """Cancel the action; no effect after it has run."""
        self.action = None


class Scheduler:
    """Queue of actions by virtual seconds since the start; equal times run in insertion order."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, ScheduledAction]] = []
        self._count = itertools.count()

    def call_at(self, when: float, action: Action) -> ScheduledAction:
        """Schedule an action."""
        scheduled = ScheduledAction(action)
        heapq.heappush(self._heap, (when, next(self._count), scheduled))
        return scheduled

    def pop_due(self, until: float) -> Iterator[tuple[float, Action]]:
        """Yield the actions due by ``until``, including those scheduled while iterating."""
        while self._heap and self._heap[0][0] <= until:
            when, _, scheduled = heapq.heappop(self._heap)
            if scheduled.action is not None:
                yield when, scheduled.action
