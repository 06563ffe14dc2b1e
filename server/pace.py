"""When to flush: at once, or after a moment in which more may come.  Pure: it is told the time.

The harder the load, the more each write then carries; where there is none, nothing waits.
"""

from __future__ import annotations

LONGEST_PAUSE_S = 0.016  # between flushes under load: a frame of a 60 Hz screen
SOON = 0.25  # of the time that a flush took: what comes within it came right after
ALONE = 0.15  # of the time that a flush took: when nothing more comes for so long, nothing will
MOST_IN_VAIN = 8  # flushes between two attempts to wait, where waiting is in vain


class Pace:
    """The pace of one flusher; ``now`` is in seconds, ``queued`` how many frames there were, ever.

    A frame that comes right after a flush is a sign of load: it waits for company, as long
    as more keeps coming and up to as long as that flush took.  Any other goes at once.  A wait
    in vain doubles how many flushes go by until the next one, so a stream that writes can
    just keep up with waits for next to nothing.
    """

    def __init__(self) -> None:
        self._ended_at = self._took = 0.0
        self._seen = 0
        self._in_vain = self._until_next = 0  # flushes from one wait to the next; those left

    def wait(self, queued: int, now: float) -> float:
        """Return for how many seconds to wait, with the first frame; 0 is to flush."""
        if now - self._ended_at >= SOON * self._took:
            return 0.0
        if self._until_next:
            self._until_next -= 1
            return 0.0
        self._in_vain = self._until_next = min(2 * self._in_vain or 1, MOST_IN_VAIN)
        return self._a_moment(queued)

    def wait_on(self, queued: int, now: float) -> float:
        """Return for how many seconds more to wait, after those; 0 is to flush."""
        longest = min(self._took, LONGEST_PAUSE_S)
        if queued == self._seen or now - self._ended_at >= longest:
            return 0.0
        self._in_vain = self._until_next = 0
        return self._a_moment(queued)

    def flushed(self, began: float, ended: float) -> None:
        """Take note of a flush."""
        self._ended_at, self._took = ended, ended - began

    def _a_moment(self, queued: int) -> float:
        self._seen = queued
        return ALONE * self._took
