"""A broker for one process: hands what is published straight to the listeners."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from protocol.bounds import Bounds
from protocol.channels import Channel
from protocol.publications import Position, Publication
from server.brokers.base import BrokerUnavailable, Ears, Recovery
from server.brokers.history import History


class MemoryBroker:
    """The broker of a server that is alone; ``clock`` is in seconds since the epoch.

    Its history ends with the process, and another begins with another epoch.
    """

    def __init__(self, bounds: Bounds, clock: Callable[[], float]) -> None:
        self._history = History(secrets.token_hex(4), bounds, clock)
        self._ears: Ears | None = None
        self._tapped: frozenset[str] = frozenset()

    async def publish(
        self,
        publications: Sequence[Publication],
        once: str = "",  # noqa: ARG002 - nothing ends in doubt here, and so nothing is repeated
    ) -> None:
        """Deliver at once."""
        accepted = [self._history.append(publication) for publication in publications]
        if self._ears is None:
            return
        self._ears.deliver(accepted)
        if self._tapped:
            tapped = [each for each in accepted if each.tenant in self._tapped]
            self._ears.tapped(tapped)

    @asynccontextmanager
    async def listen(self, ears: Ears) -> AsyncIterator[None]:
        """Hand what is published to ``ears`` while the block lasts."""
        self._ears = ears
        try:
            yield
        finally:
            self._ears = None

    async def hear(self, channel: Channel) -> None:
        """Do nothing: everything is heard."""

    async def tap(self, tenants: Collection[str]) -> None:
        """Have all publications of these tenants told as well."""
        self._tapped = frozenset(tenants)

    async def last(self, channel: Channel) -> Publication | None:
        """Return what was published on a channel last, while the history lasts."""
        return self._history.newest(channel)

    async def recover(self, channel: Channel, since: Position | None) -> Recovery:
        """Tell where a channel stands, and what was published on it since a position."""
        return self._history.recover(channel, since)

    async def probe(self) -> None:
        """Find out whether anybody listens."""
        if self._ears is None:
            raise BrokerUnavailable("nobody listens")
