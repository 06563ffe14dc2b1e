"""How far each recoverable channel has been handled: what a client says when it comes back.

Pure.  Outlives connections, as the subscriptions do.
"""

from __future__ import annotations

from typing import Any


class _Place:
    """``offset`` is where to go on from; up to ``handled`` the handlers have been called."""

    __slots__ = ("epoch", "handled", "offset")

    def __init__(self, epoch: str, offset: int) -> None:
        self.epoch, self.offset, self.handled = epoch, offset, 0


class Positions:
    """One place a channel; the user's own channel among them, if it is recoverable."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}

    def forget(self, channel: str) -> None:
        """Go on from nowhere: the channel is no longer wanted."""
        self._places.pop(channel, None)

    def request(self, channel: str) -> dict[str, Any]:
        """Ask for a recoverable channel, from its place if it has one: part of a payload."""
        place = self._places.get(channel)
        since = place and {"since": {"epoch": place.epoch, "offset": place.offset}}
        return {"recoverable": True} | (since or {})

    def joined(self, channel: str, payload: dict[str, Any]) -> bool:
        """Take the server's word where a channel stands; tells whether something is missing."""
        epoch, offset = payload.get("epoch"), payload.get("offset")
        if not isinstance(epoch, str) or not isinstance(offset, int):
            return False  # this subscription is not recoverable
        place = self._places.get(channel)
        if place is None or place.epoch != epoch:
            self._places[channel] = _Place(epoch, offset)
        elif payload.get("recovered") is not True:
            place.offset = offset  # else what is missing is about to come
        return payload.get("recovered") is False

    def is_new(self, message: dict[str, Any]) -> bool:
        """Take a message; tells whether the handlers have not been called with it yet."""
        channel, offset = message.get("channel"), message.get("offset")
        place = self._places.get(channel) if isinstance(channel, str) else None
        if place is None or not isinstance(offset, int):
            return True
        if offset <= place.handled:
            return False
        place.handled = offset
        place.offset = max(place.offset, offset)
        return True
