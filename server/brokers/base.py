"""What the server asks of a broker.

Every implementation passes the one suite in ``tests/server/test_brokers.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from protocol.channels import Channel
from protocol.publications import Position, Publication

Deliver = Callable[[Sequence[Publication]], object]


class BrokerUnavailable(Exception):
    """The broker could not take it now; nothing was published."""


class Recovery(Struct, frozen=True):
    """Where a channel stands, and what led there from where a client was.

    ``recovered`` is None where nobody asked; ``missed`` is in order and empty unless it is
    True.  ``newest`` is what was published last, if that is still kept.
    """

    position: Position
    recovered: bool | None = None
    missed: Sequence[Publication] = ()
    newest: Publication | None = None


class Broker(Protocol):
    """Carries every accepted publication to every server that has listeners for it.

    For any one address, all servers hear publications in the order they were accepted, and
    a channel's with their positions.
    """

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Accept these, in this order, all or none.

        Raises:
            BrokerUnavailable: none was accepted.
        """

    def listen(self, deliver: Deliver) -> AbstractAsyncContextManager[None]:
        """Hand what is published to ``deliver`` while the block lasts."""
        ...

    async def last(self, channel: Channel) -> Publication | None:
        """Return what was published on a channel last, for ten minutes after.

        When it returns, nothing newer of the channel has been handed to the listeners here:
        who starts to listen at once misses nothing.

        Raises:
            BrokerUnavailable: it cannot be found out now.
        """

    async def recover(self, channel: Channel, since: Position | None) -> Recovery:
        """Tell where a channel stands, and what was published on it since a position.

        When it returns, exactly what led to that position has been handed to the listeners
        here: who starts to listen at once misses nothing and hears nothing twice.

        Raises:
            BrokerUnavailable: it cannot be found out now.
        """
        ...

    async def probe(self) -> None:
        """Find out whether what is published would be heard here.

        Raises:
            BrokerUnavailable: it would not.
        """
