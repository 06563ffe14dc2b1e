"""Which channels a client wants to hear, whatever becomes of its connections, and from where.

Pure.  The user's own channel is not among those wanted, as the server joins it by itself,
but it has its place in ``positions``.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from client.positions import Positions
from protocol.errors import ErrorCode

ASK_AGAIN_AFTER_S = 5.0
"""After a refusal that says nothing about the channel, such as ``rate_limited``."""
_NOT_FOR_GOOD = {ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL}


class Wish(Struct, frozen=True):
    """How a channel is to be heard; the words are the protocol's."""

    last: bool = False
    recoverable: bool = False


class Subscriptions:
    """The wanted channels, and the requests for them that are under way."""

    def __init__(self) -> None:
        self._wanted: dict[str, Wish] = {}
        self._asked: dict[str, str] = {}
        self._put_off: dict[str, None] = {}
        self.positions = Positions()
        self.due: float | None = None
        """When to ask again for those that were refused, but not for good."""

    def want(self, channel: str, wish: Wish) -> bool:
        """Add a channel; tells whether it is new, or wanted otherwise than before."""
        is_new = self._wanted.get(channel) != wish
        self._wanted[channel] = wish
        return is_new

    def forget(self, channel: str) -> bool:
        """Remove a channel; tells whether it was wanted."""
        self.positions.forget(channel)
        return self._wanted.pop(channel, None) is not None

    def request(self, id: str, channel: str) -> dict[str, Any]:
        """Make the payload of a ``subscribe`` that leaves with this id."""
        self._asked[id] = channel
        wish = self._wanted.get(channel, Wish())
        payload: dict[str, Any] = {"channel": channel}
        if wish.last:
            payload["last"] = True
        return payload | (self.positions.request(channel) if wish.recoverable else {})

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

    def confirmed(self, id: object, payload: dict[str, Any]) -> bool:
        """Take a ``subscribed``; tells whether something was missed for good."""
        self._asked.pop(str(id), None)
        return self.positions.joined(str(payload.get("channel")), payload)

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
