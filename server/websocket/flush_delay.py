"""When to flush: at once, or after a short delay in which more frames may come.

Pure; callers pass the current time.  Under load each write carries more; otherwise nothing is
delayed.
"""

from __future__ import annotations

MAX_DELAY_S = 0.016  # between flushes under load: a frame of a 60 Hz screen
LOAD_FRACTION = 0.25  # of the last flush's duration: a frame within it indicates load
QUIET_FRACTION = 0.15  # of the last flush's duration: when nothing comes for so long, flush
MAX_BACKOFF_FLUSHES = 8  # flushes between two delays, if delays gain nothing


class FlushDelay:
    """The delays of one writer; ``now`` is in seconds, ``queued`` the number of frames so far.

    A frame that comes right after a flush indicates load: it is delayed, as long as more keep
    coming and up to the duration of that flush.  Any other is written at once.  A delay in
    which nothing came doubles the number of flushes until the next delay, so a stream that
    the writer can just keep up with is hardly delayed.
    """

    def __init__(self) -> None:
        self._last_flush_at = self._last_flush_took = 0.0
        self._last_queued = 0
        self._backoff = self._flushes_to_skip = 0  # flushes from one wait to the next; those left

    def initial(self, queued: int, now: float) -> float:
        """Return the delay in seconds after the first frame; 0 means flush now."""
        if now - self._last_flush_at >= LOAD_FRACTION * self._last_flush_took:
            return 0.0
        if self._flushes_to_skip:
            self._flushes_to_skip -= 1
            return 0.0
        self._backoff = self._flushes_to_skip = min(2 * self._backoff or 1, MAX_BACKOFF_FLUSHES)
        return self._short_delay(queued)

    def extend(self, queued: int, now: float) -> float:
        """Return by how many seconds to extend the delay; 0 means flush now."""
        max_delay = min(self._last_flush_took, MAX_DELAY_S)
        if queued == self._last_queued or now - self._last_flush_at >= max_delay:
            return 0.0
        self._backoff = self._flushes_to_skip = 0
        return self._short_delay(queued)

    def record_flush(self, began: float, ended: float) -> None:
        """Note the times of a flush."""
        self._last_flush_at, self._last_flush_took = ended, ended - began

    def _short_delay(self, queued: int) -> float:
        self._last_queued = queued
        return QUIET_FRACTION * self._last_flush_took
