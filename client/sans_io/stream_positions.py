"""Stream positions of recoverable channels, sent when the client resubscribes.

Pure.  Kept across connections, like the subscriptions.
"""

from __future__ import annotations

from typing import Any


class _TrackedPosition:
    """``offset``: recover from here; ``last_handled``: last offset passed to handlers."""

    __slots__ = ("epoch", "last_handled", "offset")

    def __init__(self, epoch: str, offset: int) -> None:
        self.epoch, self.offset, self.last_handled = epoch, offset, 0


class StreamPositions:
    """One position per channel, including the user's own if it is recoverable."""

    def __init__(self) -> None:
        self._positions: dict[str, _TrackedPosition] = {}

    def remove(self, channel: str) -> None:
        """Drop the position of a channel."""
        self._positions.pop(channel, None)

    def subscribe_fields(self, channel: str) -> dict[str, Any]:
        """Return the recovery fields of a ``subscribe`` payload."""
        position = self._positions.get(channel)
        since = position and {"since": {"epoch": position.epoch, "offset": position.offset}}
        return {"recoverable": True} | (since or {})

    def on_subscribed(self, channel: str, payload: dict[str, Any]) -> bool:
        """Store the position the server reports; returns whether messages are lost."""
        epoch, offset = payload.get("epoch"), payload.get("offset")
        if not isinstance(epoch, str) or not isinstance(offset, int):
            return False  # this subscription is not recoverable
        position = self._positions.get(channel)
        if position is not None and payload.get("recovered") is True:
            position.epoch = epoch  # it may continue the one before; what is missing is to come
        elif position is None or position.epoch != epoch:
            self._positions[channel] = _TrackedPosition(epoch, offset)
        else:
            position.offset = offset
        return payload.get("recovered") is False

    def mark_handled(self, message: dict[str, Any]) -> bool:
        """Record a message; returns whether it is new to the handlers."""
        channel, offset = message.get("channel"), message.get("offset")
        position = self._positions.get(channel) if isinstance(channel, str) else None
        if position is None or not isinstance(offset, int):
            return True
        if offset <= position.last_handled:
            return False
        position.last_handled = offset
        position.offset = max(position.offset, offset)
        return True
