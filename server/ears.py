"""What the broker tells this server, passed on to who listens here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from protocol.channels import Channel
from protocol.codec import stamped
from protocol.messages import Joined, Subscribed
from protocol.publications import Position, Publication
from server import frames
from server.hub import Hub


def _ignore(_: Sequence[Publication]) -> None:
    """Nobody taps."""


class HubEars(Struct, frozen=True):
    """The hub, as the broker sees it; ``clock`` is in seconds since the epoch.

    ``tap`` is told what is published for the tenants that are tapped.
    """

    hub: Hub
    clock: Callable[[], float]
    tap: Callable[[Sequence[Publication]], None] = _ignore

    def deliver(self, publications: Sequence[Publication]) -> None:
        """Deliver what was published."""
        self.hub.deliver(publications)

    def lost(self, channel: Channel, position: Position) -> None:
        """Tell those whose subscription is recoverable that it could not be."""
        gap = Joined(str(channel), epoch=position.epoch, offset=position.offset, recovered=False)
        self.hub.tell_recoverable(channel, frames.text(stamped(Subscribed(gap), self.clock())))

    def is_heard(self, channel: Channel) -> bool:
        """Tell whether anybody listens to a channel."""
        return bool(self.hub.listeners(channel))

    def tapped(self, publications: Sequence[Publication]) -> None:
        """Pass on what was published for a tenant."""
        self.tap(publications)
