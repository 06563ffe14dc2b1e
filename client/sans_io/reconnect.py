"""Counts failed connection attempts and computes the delay before the next one.

Pure; callers pass the current time (any monotonic clock).  A stable connection resets the count.
"""

from __future__ import annotations

from random import Random

from client.sans_io import reconnect__merge_backoff
from client.sans_io.reconnect__merge_endings import BACKOFF_CODES, ReconnectPolicy

STABLE_AFTER_S = 5.0
"""A connection that lasted this long counts as stable, signed in or not."""


class ReconnectTracker:
    """Failed attempts since the last stable connection."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._opened_at: float | None = None
        self._is_signed_in = False
        self._failed_attempts = 0

    def reset(self) -> None:
        """Reset the count."""
        self._opened_at, self._is_signed_in, self._failed_attempts = None, False, 0

    def on_open(self, now: float) -> None:
        """Record that a connection is open; that alone does not reset the count."""
        self._opened_at, self._is_signed_in = now, False

    def on_signed_in(self) -> None:
        """Record that the server accepted the token."""
        self._is_signed_in = True

    def failed_attempts(self, now: float) -> int:
        """Return how many attempts failed since the last stable connection."""
        return 0 if self._was_stable(now) else self._failed_attempts

    def on_close(self, policy: ReconnectPolicy, now: float, code: int | None = None) -> float:
        """Record a close or a failed attempt; returns the delay in seconds."""
        was_good = self._was_stable(now, code)
        if was_good:
            self._failed_attempts = 0
        self._opened_at = None
        wait = reconnect__merge_backoff.backoff_delay(self._failed_attempts, self._rng)
        # A stable connection closed with a reconnect-now code is no failure: the shortest
        # delay, only for jitter, and it is not counted.
        if not (was_good and policy is ReconnectPolicy.IMMEDIATE):
            self._failed_attempts += 1
        return wait

    def _was_stable(self, now: float, code: int | None = None) -> bool:
        if self._opened_at is None:
            return False
        is_old = now - self._opened_at >= STABLE_AFTER_S
        # A server that accepts the token and then closes with 41xx wants a growing backoff.
        return is_old or (self._is_signed_in and code not in BACKOFF_CODES)
