"""When to refresh the token of an open connection.

Pure.  A token is refreshed before it expires or, if that failed, when the server reports that
it has expired (it keeps delivering for 25 s).
"""

from __future__ import annotations

AHEAD_S = 60.0
"""Refresh this long before expiry, or at half the lifetime of a short-lived token."""


class Renewal:
    """Tracks the token of the current connection."""

    def __init__(self) -> None:
        self._expires_at = 0.0
        self._asked: str | None = None
        self.due: float | None = None
        """When to renew, in seconds since the epoch; None if that is not known."""

    def forget(self) -> None:
        """Start over: the connection has ended."""
        self._expires_at, self._asked, self.due = 0.0, None, None

    def signed_in(self, expires_at: float | None, now: float) -> None:
        """Note that the server took a token that lives until ``expires_at``, if it said so."""
        self._asked = self.due = None
        # A source that returns the same token would otherwise be called more and more often.
        if expires_at is not None and expires_at > self._expires_at:
            self._expires_at = expires_at
            left = max(0.0, expires_at - now)
            self.due = now + max(left - AHEAD_S, left / 2)

    def take_due(self, now: float) -> bool:
        """Return, once, whether a refresh is due."""
        if self.due is None or now < self.due:
            return False
        self.due = None
        return True

    def asked(self, id: str) -> None:
        """Note that a fresh token leaves in the request with this id."""
        self._asked = id

    def rejected(self, id: object) -> bool:
        """Handle an ``auth_error``; returns whether to try a fresh token.

        Not if it answers a refresh: that would only repeat it.
        """
        if self._asked is None:
            return id is None
        if id == self._asked:
            self._asked = None
        return False
