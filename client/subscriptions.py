"""Subscriptions of a client, kept across connections, with their stream positions.

Pure.  The user's own channel is not listed, as the server subscribes it by itself, but it has
a position in ``positions``.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from client.positions import Positions
from protocol.errors import ErrorCode

ASK_AGAIN_AFTER_S = 5.0
"""After a temporary error, such as ``rate_limited``."""
_NOT_FOR_GOOD = {ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL}


class Wish(Struct, frozen=True):
    """Options of a subscription, as in docs/protocol.md."""

    last: bool = False
    recoverable: bool = False


class Subscriptions:
    """Subscribed channels and pending requests."""

    def __init__(self) -> None:
        self._wanted: dict[str, Wish] = {}
        self._asked: dict[str, str] = {}
        self._put_off: dict[str, None] = {}
        self.positions = Positions()
        self.due: float | None = None
        """When to retry deferred subscriptions."""

    def want(self, channel: str, wish: Wish) -> bool:
        """Add a channel; returns whether it or its options are new."""
        is_new = self._wanted.get(channel) != wish
        self._wanted[channel] = wish
        return is_new

    def forget(self, channel: str) -> bool:
        """Remove a channel; returns whether it was subscribed."""
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
        """Drop pending requests; returns all channels in the order they were added."""
        self._asked.clear()
        self._put_off.clear()
        self.due = None
        return list(self._wanted)

    def take_put_off(self, now: float) -> list[str]:
        """Return the deferred channels whose retry is due."""
        if self.due is None or now < self.due:
            return []
        again = [channel for channel in self._put_off if channel in self._wanted]
        self._put_off.clear()
        self.due = None
        return again

    def confirmed(self, id: object, payload: dict[str, Any]) -> bool:
        """Handle a ``subscribed``; returns whether messages are lost."""
        self._asked.pop(str(id), None)
        return self.positions.joined(str(payload.get("channel")), payload)

    def refused(self, id: object, payload: dict[str, Any], now: float) -> None:
        """Handle an ``error``: drop the channel unless the error is temporary."""
        channel = self._asked.pop(str(id), None)
        if channel is None:
            return
        if payload.get("code") in _NOT_FOR_GOOD:
            self._put_off[channel] = None
            self.due = now + ASK_AGAIN_AFTER_S
        else:
            self.forget(channel)

    def ended(self, id: object, payload: dict[str, Any]) -> None:
        """Handle an ``unsubscribed``; without an id it means that access was revoked."""
        if id is None:
            self.forget(str(payload.get("channel")))
