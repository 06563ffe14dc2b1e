"""Whether and how soon a client reconnects.

Pure.  ``protocol.close_codes`` has the meaning of each close code.
"""

from __future__ import annotations

from random import Random

from protocol.close_codes import LIMIT_EXCEEDED_CODES, Reconnect

HTTP_FORBIDDEN = 403
"""HTTP status of a handshake from an origin that is not allowed."""


def reconnect_after_handshake_status(status: int) -> Reconnect:
    """Return what a client does after the server rejected its handshake with an HTTP status."""
    return Reconnect.NEVER if status == HTTP_FORBIDDEN else Reconnect.WITH_BACKOFF


INITIAL_DELAY_S = 0.5
"""Upper bound of the first delay."""
MAX_DELAY_S = 20.0
"""Upper bound of all delays; retries do not end."""
_MAX_DOUBLINGS = 6  # 0.5 s doubled six times is over 20 s


def backoff_delay(attempt: int, rng: Random) -> float:
    """Return the seconds to wait before repetition ``attempt``, counted from 0.

    Uniform over 0 to ``min(MAX_DELAY_S, INITIAL_DELAY_S * 2 ** attempt)``.
    """
    return rng.uniform(0.0, min(MAX_DELAY_S, INITIAL_DELAY_S * 2 ** min(attempt, _MAX_DOUBLINGS)))


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

    def on_close(self, action: Reconnect, now: float, code: int | None = None) -> float:
        """Record a close or a failed attempt; returns the delay in seconds."""
        was_stable = self._was_stable(now, code)
        if was_stable:
            self._failed_attempts = 0
        self._opened_at = None
        delay_s = backoff_delay(self._failed_attempts, self._rng)
        # A stable connection closed with a reconnect-now code is no failure: the shortest
        # delay, only for jitter, and it is not counted.
        if not (was_stable and action is Reconnect.IMMEDIATELY):
            self._failed_attempts += 1
        return delay_s

    def _was_stable(self, now: float, code: int | None = None) -> bool:
        if self._opened_at is None:
            return False
        is_old = now - self._opened_at >= STABLE_AFTER_S
        # A server that accepts the token and then closes with 41xx wants a growing backoff.
        return is_old or (self._is_signed_in and code not in LIMIT_EXCEEDED_CODES)
