"""What the server asks of a broker, and the broker of the server.

Every implementation passes the one suite in ``tests/server/pubsub/brokers/test_broker_contract.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from protocol.channels import Channel
from protocol.publications import Publication, StreamPosition


class BrokerUnavailable(Exception):
    """The broker could not take it now; nothing was published."""


class Recovery(Struct, frozen=True):
    """Where a channel stands, and what led there from where a client was.

    ``recovered`` is None where nobody asked; ``missed`` is in order and empty unless it is
    True.  ``newest`` is what was published last, if that is still kept.
    """

    position: StreamPosition
    recovered: bool | None = None
    missed: Sequence[Publication] = ()
    latest: Publication | None = None


class BrokerEventHandler(Protocol):
    """All who listen on this server, as the broker sees them."""

    def on_publications(self, publications: Sequence[Publication]) -> None:
        """Take what was published; what nobody here hears may be among it."""

    def on_history_lost(self, channel: Channel, position: StreamPosition) -> None:
        """Take note that something of a channel was missed for good, up to a position."""

    def has_subscribers(self, channel: Channel) -> bool:
        """Tell whether anybody listens to a channel."""
        ...

    def on_tap(self, publications: Sequence[Publication]) -> None:
        """Take what was published for a tenant that is tapped, whatever its address."""


class Broker(Protocol):
    """Carries every accepted publication to every server that has listeners for it.

    For any one address, all servers hear publications in the order they were accepted, and
    with their positions.
    """

    async def publish(self, publications: Sequence[Publication], idempotency_key: str = "") -> None:
        """Accept these, in this order, all or none.

        With ``once``, what has been accepted under the same text within five minutes is not
        published again, also where the first time ended in doubt.

        Raises:
            BrokerUnavailable: none was accepted, as far as can be known.
        """

    def run(self, handler: BrokerEventHandler) -> AbstractAsyncContextManager[None]:
        """Hand what is published to ``ears`` while the block lasts; one pair at a time."""
        ...

    async def subscribe(self, channel: Channel) -> None:
        """Have a channel handed to the ears from now on, for as long as it is heard there.

        Returns at once where the broker is away: the channel is heard when it is back.
        """

    async def set_tapped_tenants(self, tenants: Collection[str]) -> None:
        """Have all publications of these tenants, and of no others, told to the ears.

        Each is told once, on top of being delivered, and none is told that is missed.
        """

    async def latest(self, channel: Channel) -> Publication | None:
        """Return what was published on a channel last, while the history lasts.

        When it returns, nothing newer of the channel has been handed to the ears: who starts
        to listen at once misses nothing.

        Raises:
            BrokerUnavailable: it cannot be found out now.
        """

    async def recover(self, channel: Channel, since: StreamPosition | None) -> Recovery:
        """Tell where a channel stands, and what was published on it since a position.

        When it returns, exactly what led to that position has been handed to the ears: who
        starts to listen at once misses nothing and hears nothing twice.

        Raises:
            BrokerUnavailable: it cannot be found out now.
        """
        ...

    async def health_check(self) -> None:
        """Find out whether what is published would be heard here.

        Raises:
            BrokerUnavailable: it would not.
        """
