"""When to flush: at once, or after a moment in which more may come.  Pure: it is told the time.

The harder the load, the more each write then carries; where there is none, nothing waits.
"""

from __future__ import annotations

MAX_DELAY_S = 0.016  # between flushes under load: a frame of a 60 Hz screen
LOAD_FRACTION = 0.25  # of the time that a flush took: what comes within it came right after
QUIET_FRACTION = (
    0.15  # of the time that a flush took: when nothing more comes for so long, nothing will
)
MAX_BACKOFF_FLUSHES = 8  # flushes between two attempts to wait, where waiting is in vain


class FlushDelay:
    """The pace of one flusher; ``now`` is in seconds, ``queued`` how many frames there were, ever.

    A frame that comes right after a flush is a sign of load: it waits for company, as long
    as more keeps coming and up to as long as that flush took.  Any other goes at once.  A wait
    in vain doubles how many flushes go by until the next one, so a stream that writes can
    just keep up with waits for next to nothing.
    """

    def __init__(self) -> None:
        self._last_flush_at = self._last_flush_took = 0.0
        self._last_queued = 0
        self._backoff = self._flushes_to_skip = 0  # flushes from one wait to the next; those left

    def initial(self, queued: int, now: float) -> float:
        """Return for how many seconds to wait, with the first frame; 0 is to flush."""
        if now - self._last_flush_at >= LOAD_FRACTION * self._last_flush_took:
            return 0.0
        if self._flushes_to_skip:
            self._flushes_to_skip -= 1
            return 0.0
        self._backoff = self._flushes_to_skip = min(2 * self._backoff or 1, MAX_BACKOFF_FLUSHES)
        return self._short_delay(queued)

    def extend(self, queued: int, now: float) -> float:
        """Return for how many seconds more to wait, after those; 0 is to flush."""
        max_delay = min(self._last_flush_took, MAX_DELAY_S)
        if queued == self._last_queued or now - self._last_flush_at >= max_delay:
            return 0.0
        self._backoff = self._flushes_to_skip = 0
        return self._short_delay(queued)

    def record_flush(self, began: float, ended: float) -> None:
        """Take note of a flush."""
        self._last_flush_at, self._last_flush_took = ended, ended - began

    def _short_delay(self, queued: int) -> float:
        self._last_queued = queued
        return QUIET_FRACTION * self._last_flush_took
