"""When to ask for a fresh token while the connection lives.

Pure.  A token is renewed some time before it expires; and if that failed, when the server
says that it has (it keeps delivering for a grace of 25 s).
"""

from __future__ import annotations

AHEAD_S = 60.0
"""So long before a token expires it is renewed; at half its time if it lives shorter."""


class Renewal:
    """The life of the token of one connection at a time."""

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
        # A source that hands out the same token again would be asked faster and faster.
        if expires_at is not None and expires_at > self._expires_at:
            self._expires_at = expires_at
            left = max(0.0, expires_at - now)
            self.due = now + max(left - AHEAD_S, left / 2)

    def take_due(self, now: float) -> bool:
        """Tell, once, that it is time for a fresh token."""
        if self.due is None or now < self.due:
            return False
        self.due = None
        return True

    def asked(self, id: str) -> None:
        """Note that a fresh token leaves in the request with this id."""
        self._asked = id

    def rejected(self, id: object) -> bool:
        """Take an ``auth_error``; tells whether a fresh token may cure it.

        The answer to a renewal does not: asking at once would only repeat it.
        """
        if self._asked is None:
            return id is None
        if id == self._asked:
            self._asked = None
        return False
