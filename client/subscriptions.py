"""Which channels a client wants to hear, whatever becomes of its connections.

Pure.  The user's own channel is not among them: the server joins that by itself.
"""

from __future__ import annotations

from typing import Any

from protocol.errors import ErrorCode

ASK_AGAIN_AFTER_S = 5.0
"""After a refusal that says nothing about the channel, such as ``rate_limited``."""
_NOT_FOR_GOOD = {ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL}


class Subscriptions:
    """The wanted channels, and the requests for them that are under way."""

    def __init__(self) -> None:
        self._wanted: dict[str, None] = {}
        self._asked: dict[str, str] = {}
        self._put_off: dict[str, None] = {}
        self.due: float | None = None
        """When to ask again for those that were refused, but not for good."""

    def want(self, channel: str) -> bool:
        """Add a channel; tells whether it is new."""
        is_new = channel not in self._wanted
        self._wanted[channel] = None
        return is_new

    def forget(self, channel: str) -> bool:
        """Remove a channel; tells whether it was wanted."""
        return self._wanted.pop(channel, self) is None

    def asked(self, id: str, channel: str) -> None:
        """Note that a request with this id asks for the channel."""
        self._asked[id] = channel

    def restart(self) -> list[str]:
        """Forget what is under way; returns all wanted channels in the order of the wishes."""
        self._asked.clear()
        self._put_off.clear()
        self.due = None
        return list(self._wanted)

    def take_put_off(self, now: float) -> list[str]:
        """Return the channels that are to be asked for again now."""
        if self.due is None or now < self.due:
            return []
        again = [channel for channel in self._put_off if channel in self._wanted]
        self._put_off.clear()
        self.due = None
        return again

    def confirmed(self, id: object) -> None:
        """Take a ``subscribed``."""
        self._asked.pop(str(id), None)

    def refused(self, id: object, payload: dict[str, Any], now: float) -> None:
        """Take an ``error``: a channel refused for good is no longer wanted."""
        channel = self._asked.pop(str(id), None)
        if channel is None:
            return
        if payload.get("code") in _NOT_FOR_GOOD:
            self._put_off[channel] = None
            self.due = now + ASK_AGAIN_AFTER_S
        else:
            self.forget(channel)

    def ended(self, id: object, payload: dict[str, Any]) -> None:
        """Take an ``unsubscribed``; one that nobody asked for means that access was lost."""
        if id is None:
            self.forget(str(payload.get("channel")))
