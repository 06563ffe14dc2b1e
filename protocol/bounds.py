"""How much of each channel is kept for those who come back."""

from __future__ import annotations

from msgspec import Struct

from protocol.channels import Channel, Kind
from protocol.publications import Address

MONITOR_MESSAGES = 100  # reports are big, and some 20 s of them outlast a reconnect


class Bounds(Struct, frozen=True):
    """How many messages of a channel are kept, and for how many seconds."""

    messages: int
    seconds: float

    def of(self, to: Address) -> int:
        """Return how many messages of this address are kept."""
        if not isinstance(to, Channel):
            return 0
        return min(self.messages, MONITOR_MESSAGES) if to.kind is Kind.MONITOR else self.messages
