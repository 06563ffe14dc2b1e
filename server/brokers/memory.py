"""A broker for one process: hands what is published straight to the listeners."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from protocol.channels import Channel
from protocol.publications import Position, Publication
from server.brokers.base import BrokerUnavailable, Deliver, Recovery
from server.brokers.history import Bounds, History


class MemoryBroker:
    """The broker of a server that is alone; ``clock`` is in seconds since the epoch.

    Its history ends with the process, and another begins with another epoch.
    """

    def __init__(self, bounds: Bounds, clock: Callable[[], float]) -> None:
        self._history = History(secrets.token_hex(4), bounds, clock)
        self._listeners: list[Deliver] = []

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Deliver at once."""
        accepted = [self._history.append(publication) for publication in publications]
        for deliver in self._listeners:
            deliver(accepted)

    @asynccontextmanager
    async def listen(self, deliver: Deliver) -> AsyncIterator[None]:
        """Hand what is published to ``deliver`` while the block lasts."""
        self._listeners.append(deliver)
        try:
            yield
        finally:
            self._listeners.remove(deliver)

    async def last(self, channel: Channel) -> Publication | None:
        """Return what was published on a channel last, while the history lasts."""
        return self._history.newest(channel)

    async def recover(self, channel: Channel, since: Position | None) -> Recovery:
        """Tell where a channel stands, and what was published on it since a position."""
        return self._history.recover(channel, since)

    async def probe(self) -> None:
        """Find out whether anybody listens."""
        if not self._listeners:
            raise BrokerUnavailable("nobody listens")
