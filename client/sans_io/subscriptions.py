"""Subscriptions of a client, kept across connections, with their stream positions.

Pure.  The user's own channel is not listed, as the server subscribes it by itself, but it has
a position in ``positions``.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from client.sans_io.stream_positions import StreamPositions
from protocol.errors import ErrorCode

RETRY_DELAY_S = 5.0
"""After a temporary error, such as ``rate_limited``."""
_TEMPORARY_ERRORS = {ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL}


def is_temporary_error(payload: dict[str, Any]) -> bool:
    """Tell whether an ``error`` is temporary: a subscription is then requested again."""
    return str(payload.get("code")) in _TEMPORARY_ERRORS


class SubscriptionOptions(Struct, frozen=True):
    """Options of a subscription, as in docs/protocol.md."""

    last: bool = False
    recoverable: bool = False


class Subscriptions:
    """Subscribed channels and pending requests."""

    def __init__(self) -> None:
        self._options_by_channel: dict[str, SubscriptionOptions] = {}
        self._pending: dict[str, str] = {}
        self._deferred: dict[str, None] = {}
        self.positions = StreamPositions()
        self.next_retry_at: float | None = None
        """When to retry deferred subscriptions."""

    def add(self, channel: str, options: SubscriptionOptions) -> bool:
        """Add a channel; returns whether it or its options are new.

        One that is not recoverable loses its position: its messages are delivered without one.
        """
        if not options.recoverable:
            self.positions.remove(channel)
        is_new = self._options_by_channel.get(channel) != options
        self._options_by_channel[channel] = options
        return is_new

    def remove(self, channel: str) -> bool:
        """Remove a channel; returns whether it was subscribed."""
        self.positions.remove(channel)
        return self._options_by_channel.pop(channel, None) is not None

    def subscribe_payload(self, id: str, channel: str) -> dict[str, Any]:
        """Return the payload of a ``subscribe`` with this id, and wait for its reply."""
        self._pending[id] = channel
        options = self._options_by_channel.get(channel, SubscriptionOptions())
        payload: dict[str, Any] = {"channel": channel}
        if options.last:
            payload["last"] = True
        return payload | (self.positions.subscribe_fields(channel) if options.recoverable else {})

    def reset(self) -> list[str]:
        """Drop pending requests; returns all channels in the order they were added."""
        self._pending.clear()
        self._deferred.clear()
        self.next_retry_at = None
        return list(self._options_by_channel)

    def pop_deferred(self, now: float) -> list[str]:
        """Return the deferred channels whose retry is due."""
        if self.next_retry_at is None or now < self.next_retry_at:
            return []
        channels = [channel for channel in self._deferred if channel in self._options_by_channel]
        self._deferred.clear()
        self.next_retry_at = None
        return channels

    def on_subscribed(self, id: object, payload: dict[str, Any]) -> bool:
        """Handle a ``subscribed``; returns whether messages are lost."""
        self._pending.pop(str(id), None)
        return self.positions.on_subscribed(str(payload.get("channel")), payload)

    def on_error(self, id: object, payload: dict[str, Any], now: float) -> None:
        """Handle an ``error``: drop the channel unless the error is temporary."""
        channel = self._pending.pop(str(id), None)
        if channel is None:
            return
        if is_temporary_error(payload):
            self._deferred[channel] = None
            self.next_retry_at = now + RETRY_DELAY_S
        else:
            self.remove(channel)

    def on_unsubscribed(self, id: object, payload: dict[str, Any]) -> None:
        """Handle an ``unsubscribed``; without an id it means that access was revoked."""
        if id is None:
            self.remove(str(payload.get("channel")))
