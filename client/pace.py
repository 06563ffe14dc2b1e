"""How soon to connect again: counts the attempts, and forgives them when one was good.

Pure: told the time, in seconds of any one clock.
"""

from __future__ import annotations

from random import Random

from client import backoff
from client.endings import BACK_OFF, Comeback

PROVED_AFTER_S = 5.0
"""A connection this old was a good one, signed in or not."""


class Pace:
    """The failures since the last good connection."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self._opened_at: float | None = None
        self._is_signed_in = False
        self._attempt = 0

    def restart(self) -> None:
        """Forget all failures."""
        self._opened_at, self._is_signed_in, self._attempt = None, False, 0

    def opened(self, now: float) -> None:
        """Note that a connection is open; that alone proves nothing."""
        self._opened_at, self._is_signed_in = now, False

    def signed_in(self) -> None:
        """Note that the server took the token."""
        self._is_signed_in = True

    def attempt(self, now: float) -> int:
        """Return how many connections failed since the last good one."""
        return 0 if self._was_good(now) else self._attempt

    def ended(self, comeback: Comeback, now: float, code: int | None = None) -> float:
        """Note that a connection ended or failed; returns the seconds to wait."""
        was_good = self._was_good(now, code)
        if was_good:
            self._attempt = 0
        self._opened_at = None
        wait = backoff.delay(self._attempt, self._draw)
        # A good connection whose server calls its clients back was no failure: the wait is
        # the shortest, as jitter, and does not count.
        if not (was_good and comeback is Comeback.AT_ONCE):
            self._attempt += 1
        return wait

    def _was_good(self, now: float, code: int | None = None) -> bool:
        if self._opened_at is None:
            return False
        is_old = now - self._opened_at >= PROVED_AFTER_S
        # A server that signs a client in only to send it off wants the back-off to grow.
        return is_old or (self._is_signed_in and code not in BACK_OFF)
