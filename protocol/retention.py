"""How much of each channel is kept for those who come back."""

from __future__ import annotations

from msgspec import Struct

from protocol.channels import Channel, ChannelKind
from protocol.publications import Address

MONITOR_MAX_MESSAGES = 100  # reports are big, and some 20 s of them outlast a reconnect


class Retention(Struct, frozen=True):
    """How many messages of a channel are kept, and for how many seconds."""

    max_messages: int
    max_age_s: float

    def max_messages_for(self, to: Address) -> int:
        """Return how many messages of this address are kept."""
        if not isinstance(to, Channel):
            return 0
        return (
            min(self.max_messages, MONITOR_MAX_MESSAGES)
            if to.kind is ChannelKind.MONITOR
            else self.max_messages
        )
