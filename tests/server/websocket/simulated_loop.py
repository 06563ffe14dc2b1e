"""An event loop with a time of its own, which only passes when somebody spends it."""

import heapq
import itertools
from collections import deque

TIMER_RESOLUTION_S = 0.001  # of uvloop


class SimulatedLoop:
    """Runs callbacks as uvloop does: what is read in an iteration is handled in the next one.

    ``longest_held_s`` is the longest time that one callback took.
    """

    def __init__(self):
        self.now = 0.0
        self.longest_held_s = 0.0
        self._ready = deque()
        self._timers = []
        self._numbers = itertools.count()

    def clock(self):
        return self.now

    def spend(self, seconds):
        self.now += seconds

    def call_soon(self, callback):
        self._ready.append(callback)

    def call_later(self, delay, callback):
        self.call_at(self.now + round(delay / TIMER_RESOLUTION_S) * TIMER_RESOLUTION_S, callback)

    def call_at(self, at, callback):
        heapq.heappush(self._timers, (at, next(self._numbers), callback))

    def run_ready(self):
        """Run what is ready, and what that makes ready, before any timer."""
        while self._ready:
            self._run_callbacks()

    def _run_callbacks(self):
        for _ in range(len(self._ready)):
            began = self.now
            self._ready.popleft()()
            self.longest_held_s = max(self.longest_held_s, self.now - began)

    def run_iteration(self):
        self._run_callbacks()
        if not self._ready and self._timers:
            self.now = max(self.now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self.now:
            self._ready.append(heapq.heappop(self._timers)[2])

    def run(self, until=float("inf")):
        """Run until there is nothing left to do, or until this time."""
        while self.now < until and (self._ready or self._timers):
            self.run_iteration()
