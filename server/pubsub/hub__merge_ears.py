"""What the broker tells this server, passed on to who listens here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from protocol.channels import Channel
from protocol.codec import encode_with_timestamp
from protocol.messages import Subscribed, SubscribedPayload
from protocol.publications import Publication, StreamPosition
from server.pubsub.hub import Hub
from server.websocket import frame_codec__merge_frames


def _ignore_tap(_: Sequence[Publication]) -> None:
    """Nobody taps."""


class HubEventHandler(Struct, frozen=True):
    """The hub, as the broker sees it; ``clock`` is in seconds since the epoch.

    ``tap`` is told what is published for the tenants that are tapped.
    """

    hub: Hub
    clock: Callable[[], float]
    tap: Callable[[Sequence[Publication]], None] = _ignore_tap

    def on_publications(self, publications: Sequence[Publication]) -> None:
        """Deliver what was published."""
        self.hub.deliver(publications)

    def on_history_lost(self, channel: Channel, position: StreamPosition) -> None:
        """Tell those whose subscription is recoverable that it could not be."""
        gap = SubscribedPayload(
            str(channel), epoch=position.epoch, offset=position.offset, recovered=False
        )
        self.hub.send_to_recoverable(
            channel,
            frame_codec__merge_frames.encode_text(
                encode_with_timestamp(Subscribed(gap), self.clock())
            ),
        )

    def has_subscribers(self, channel: Channel) -> bool:
        """Tell whether anybody listens to a channel."""
        return bool(self.hub.subscribers(channel))

    def on_tap(self, publications: Sequence[Publication]) -> None:
        """Pass on what was published for a tenant."""
        self.tap(publications)
