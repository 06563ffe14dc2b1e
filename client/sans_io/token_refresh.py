"""When to refresh the token of an open connection.

Pure.  A token is refreshed before it expires or, if that failed, when the server reports that
it has expired (it keeps delivering for 25 s).
"""

from __future__ import annotations

REFRESH_AHEAD_S = 60.0
"""Refresh this long before expiry, or at half the lifetime of a short-lived token."""


class TokenRefresh:
    """Tracks the token of the current connection."""

    def __init__(self) -> None:
        self._expires_at = 0.0
        self._pending_id: str | None = None
        self.next_refresh_at: float | None = None
        """When to refresh, in seconds since the epoch; None if unknown."""

    def reset(self) -> None:
        """Reset for a new connection."""
        self._expires_at, self._pending_id, self.next_refresh_at = 0.0, None, None

    def on_token_accepted(self, expires_at: float | None, now: float) -> None:
        """Record that the server accepted a token; ``expires_at`` is its expiry, if known."""
        self._pending_id = self.next_refresh_at = None
        # A source that returns the same token would otherwise be called more and more often.
        if expires_at is not None and expires_at > self._expires_at:
            self._expires_at = expires_at
            lifetime_s = max(0.0, expires_at - now)
            self.next_refresh_at = now + max(lifetime_s - REFRESH_AHEAD_S, lifetime_s / 2)

    def pop_due(self, now: float) -> bool:
        """Return, once, whether a refresh is due."""
        if self.next_refresh_at is None or now < self.next_refresh_at:
            return False
        self.next_refresh_at = None
        return True

    def on_token_sent(self, id: str) -> None:
        """Record that a fresh token is sent in the request with this id."""
        self._pending_id = id

    def should_retry_after_error(self, id: object) -> bool:
        """Handle an ``auth_error``; returns whether to try a fresh token.

        Not if it answers a refresh: that would only repeat it.
        """
        if self._pending_id is None:
            return id is None
        if id == self._pending_id:
            self._pending_id = None
        return False
