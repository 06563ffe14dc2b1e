"""How much time writing may take, so that reading and answering keep their share.  Pure.

Callers pass the current time, in seconds of any monotonic clock.  The time spent writing is CPU
time: while another program has the core, nothing is written.

Writing to all connections that have something pending is a pass.  What is published during a
pass and the pause after it is joined in the next one, so each write carries more the longer they
take.  That alone keeps up with any load, but it writes as often as it can.  The budget therefore
bounds the share of time spent writing: little load is written at once, and with more load there
are pauses between passes.

A short pass may take a smaller share than a long one, as it can wait without its messages
becoming late: under load, passes begin some `PASS_PERIOD_S` apart.  The more publications a
write carries, the shorter is a slice, after which the event loop reads and handles what has
come: then there is more of it.
"""

from __future__ import annotations

PASS_PERIOD_S = 0.013  # from one pass to the next, under load, within these bounds:
MIN_SHARE, MAX_SHARE = 0.3, 0.44  # of a core
MAX_PAUSE_S = 0.01  # between two passes, however long they take
BURST_S = 0.08  # of writing without a pause after a quiet time, beyond the share
TIMER_RESOLUTION_S = 0.001  # of event loops: a shorter pause is none
MAX_SLICE_S = 0.0008  # while each write carries one publication
MIN_SLICE_S = 0.0002  # while it carries at least `ENOUGH_TO_JOIN`
ENOUGH_TO_JOIN = 1.5  # publications in a write, on average


class WriteBudget:
    """Seconds of writing that are left: time passes and adds to it, writing takes from it.

    It may be overdrawn, as there is no pause within a pass; the pause after the pass makes up
    for that, up to `MAX_PAUSE_S`.  ``slice_s`` is how long to write until the event loop has a
    turn.
    """

    __slots__ = ("_left_s", "_pass_s", "_share", "_spent_s", "_updated_at", "slice_s")

    def __init__(self, now: float) -> None:
        self._left_s = BURST_S
        self._spent_s = 0.0  # in this pass
        self._pass_s = PASS_PERIOD_S  # a recent mean, in which long passes weigh more
        self._share, self.slice_s = MAX_SHARE, MAX_SLICE_S
        self._updated_at = now

    def record_writing(self, now: float, spent_s: float) -> None:
        """Take the time spent writing from the budget."""
        self._refill(now)
        self._spent_s += spent_s
        self._left_s = max(self._left_s - spent_s, -MAX_PAUSE_S * self._share)

    def record_pass(self, writes: int, publications: int) -> None:
        """Note the end of a pass, with the number of its writes and of publications in them."""
        if not writes:
            return
        weight = min(1.0, self._spent_s / PASS_PERIOD_S)
        self._pass_s += (self._spent_s - self._pass_s) * weight
        self._share = min(MAX_SHARE, max(MIN_SHARE, self._pass_s / PASS_PERIOD_S))
        self._spent_s = 0.0
        joined = min(1.0, (publications / writes - 1) / (ENOUGH_TO_JOIN - 1))
        self.slice_s = MAX_SLICE_S - (MAX_SLICE_S - MIN_SLICE_S) * joined

    def pause(self, now: float) -> float:
        """Return for how many seconds the next pass has to wait; 0 means that it may begin."""
        self._refill(now)
        pause_s = -self._left_s / self._share
        return pause_s if pause_s >= TIMER_RESOLUTION_S else 0.0

    def _refill(self, now: float) -> None:
        gained_s = max(0.0, now - self._updated_at) * self._share
        self._left_s = min(self._left_s + gained_s, BURST_S)
        self._updated_at = now
