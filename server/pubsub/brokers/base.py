"""The interface of a broker, and of what handles its events.

Every implementation passes the tests of `tests/server/pubsub/brokers/test_broker_contract.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from protocol.channels import Channel
from protocol.publications import Publication, StreamPosition


class BrokerUnavailable(Exception):
    """The broker is unavailable; nothing was published."""


class Recovery(Struct, frozen=True):
    """A channel's position, and the publications that led to it from a client's position.

    ``recovered`` is None if no position was given; ``missed`` is in order, and empty unless
    it is True.  ``latest`` is the latest publication, if it is still kept.
    """

    position: StreamPosition
    recovered: bool | None = None
    missed: Sequence[Publication] = ()
    latest: Publication | None = None


class PendingRecovery(Protocol):
    """Collects what is delivered after the history was read, until the subscriber is added."""

    def finish(self) -> Recovery:
        """Return the recovery as of now; call it once.

        Exactly what led to its position has been delivered: a subscriber added before the
        caller next awaits misses nothing and gets nothing twice.
        """
        ...


class BrokerEventHandler(Protocol):
    """What a broker notifies of its events: the hub."""

    def on_publications(self, publications: Sequence[Publication]) -> None:
        """Handle publications; some may have no subscribers on this node."""

    def on_history_lost(self, channel: Channel, position: StreamPosition) -> None:
        """Handle publications of a channel, up to a position, being lost for good."""

    def has_subscribers(self, channel: Channel) -> bool:
        """Tell whether a channel has subscribers on this node."""
        ...

    def on_mirrored(self, publications: Sequence[Publication]) -> None:
        """Handle publications of a mirrored tenant, whatever their address."""


class Broker(Protocol):
    """Carries every accepted publication to every node that has subscribers for it.

    For any one address, all nodes get publications in the order they were accepted, and with
    their stream positions.
    """

    async def publish(self, publications: Sequence[Publication], idempotency_key: str = "") -> None:
        """Accept these, in this order, all or none.

        What was accepted under the same ``idempotency_key`` within five minutes is not
        published again, even if the result of the first attempt is unknown.

        Raises:
            BrokerUnavailable: none was accepted, as far as can be known.
        """

    def run(self, handler: BrokerEventHandler) -> AbstractAsyncContextManager[None]:
        """Pass events to ``handler`` while the block lasts; to one handler at a time."""
        ...

    async def subscribe(self, channel: Channel) -> None:
        """Deliver a channel to the handler from now on, as long as it has subscribers there.

        Returns at once if the broker is unavailable: delivery starts when it is back.
        """

    async def set_mirrored_tenants(self, tenants: Collection[str]) -> None:
        """Pass all publications of these tenants, and of no others, to ``on_mirrored``.

        Each is passed once, beside being delivered; missed ones are not recovered.
        """

    async def recover(self, channel: Channel, since: StreamPosition | None) -> PendingRecovery:
        """Read the position of a channel, and its publications since another.

        The caller may await other things before it finishes the recovery and adds the
        subscriber.

        Raises:
            BrokerUnavailable: the history cannot be read now.
        """
        ...

    async def health_check(self) -> None:
        """Check that what is published would be delivered here.

        Raises:
            BrokerUnavailable: it would not be.
        """
