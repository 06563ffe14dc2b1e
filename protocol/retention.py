"""How much history of each channel is kept for recovery."""

from __future__ import annotations

from msgspec import Struct

from protocol.channels import Channel, ChannelKind
from protocol.publications import Address

MONITOR_MAX_MESSAGES = 100  # reports are big; those of some 20 s are enough for a reconnect


class Retention(Struct, frozen=True):
    """Limits of a channel's history: number of messages, and age in seconds."""

    max_messages: int
    max_age_s: float

    def max_messages_for(self, to: Address) -> int:
        """Return the number of messages kept for an address."""
        if not isinstance(to, Channel):
            return 0
        return (
            min(self.max_messages, MONITOR_MAX_MESSAGES)
            if to.kind is ChannelKind.MONITOR
            else self.max_messages
        )
