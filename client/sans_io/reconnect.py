"""Reconnecting: what a close code means to a client, and how long it waits before the next attempt."""

from __future__ import annotations

from enum import Enum, auto
from random import Random

from client.sans_io import reconnect
from protocol.errors import CloseCode

NO_STATUS_RECEIVED = 1005
"""The close frame carried no code (RFC 6455, 7.1.5)."""
ABNORMAL_CLOSURE = 1006
"""There was no close frame: the network or the server failed (RFC 6455, 7.1.5)."""
HTTP_FORBIDDEN = 403
"""HTTP status of a handshake from an origin that is not allowed."""
BACKOFF_CODES = range(4100, 4200)
"""The server asks for backoff: the client exceeded a limit."""

_CLIENT_FAULT_CODES = {
    CloseCode.UNSUPPORTED_DATA,
    CloseCode.INVALID_TEXT,
    CloseCode.MESSAGE_TOO_BIG,
}
_NO_RECONNECT_CODES = range(4000, 4100)
_IMMEDIATE_RECONNECT_CODES = range(4200, 4300)


class ReconnectPolicy(Enum):
    """Whether to reconnect, and how soon."""

    NEVER = auto()
    IMMEDIATE = auto()
    """With jitter, so that the clients do not all reconnect at the same moment."""
    BACKOFF = auto()


def policy_for_close(code: int) -> ReconnectPolicy:
    """Return the policy for a close code."""
    if code in _CLIENT_FAULT_CODES or code in _NO_RECONNECT_CODES:
        return ReconnectPolicy.NEVER
    if code == CloseCode.GOING_AWAY or code in _IMMEDIATE_RECONNECT_CODES:
        return ReconnectPolicy.IMMEDIATE
    return ReconnectPolicy.BACKOFF


def policy_for_handshake_status(status: int) -> ReconnectPolicy:
    """Return the policy for the HTTP status of a rejected handshake."""
    return ReconnectPolicy.NEVER if status == HTTP_FORBIDDEN else ReconnectPolicy.BACKOFF


INITIAL_DELAY_S = 0.5
"""Upper bound of the first delay."""
MAX_DELAY_S = 20.0
"""Upper bound of all delays; retries do not end."""
_MAX_DOUBLINGS = 6  # 0.5 s doubled six times is over 20 s


def backoff_delay(attempt: int, rng: Random) -> float:
    """Return the seconds to wait before repetition ``attempt``, counted from 0.

    Uniform over 0 to ``min(MAX_DELAY_S, FIRST_S * 2 ** attempt)``.
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

    def on_close(self, policy: ReconnectPolicy, now: float, code: int | None = None) -> float:
        """Record a close or a failed attempt; returns the delay in seconds."""
        was_good = self._was_stable(now, code)
        if was_good:
            self._failed_attempts = 0
        self._opened_at = None
        wait = reconnect.backoff_delay(self._failed_attempts, self._rng)
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
