"""A broker for one process: hands what is published straight to the listeners."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from protocol.channels import Channel
from protocol.publications import Publication
from server.brokers.base import BrokerUnavailable, Deliver
from server.brokers.newest import Newest


class MemoryBroker:
    """The broker of a server that is alone; ``clock`` is in seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._newest = Newest()
        self._listeners: list[Deliver] = []

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Deliver at once."""
        for publication in publications:
            self._newest.keep(publication)
        for deliver in self._listeners:
            deliver(publications)

    @asynccontextmanager
    async def listen(self, deliver: Deliver) -> AsyncIterator[None]:
        """Hand what is published to ``deliver`` while the block lasts."""
        self._listeners.append(deliver)
        try:
            yield
        finally:
            self._listeners.remove(deliver)

    async def last(self, channel: Channel) -> Publication | None:
        """Return what was published on a channel last, for ten minutes after."""
        return self._newest.find(channel, self._clock())

    async def probe(self) -> None:
        """Find out whether anybody listens."""
        if not self._listeners:
            raise BrokerUnavailable("nobody listens")
