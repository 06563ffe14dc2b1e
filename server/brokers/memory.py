"""A broker for one process: hands each publication straight to the listeners."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from protocol.publications import Publication
from server.brokers.base import BrokerUnavailable, Deliver


class MemoryBroker:
    """The broker of a server that is alone."""

    def __init__(self) -> None:
        self._listeners: list[Deliver] = []

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Deliver at once."""
        for publication in publications:
            for deliver in self._listeners:
                deliver(publication)

    @asynccontextmanager
    async def listen(self, deliver: Deliver) -> AsyncIterator[None]:
        """Hand what is published to ``deliver`` while the block lasts."""
        self._listeners.append(deliver)
        try:
            yield
        finally:
            self._listeners.remove(deliver)

    async def probe(self) -> None:
        """Find out whether anybody listens."""
        if not self._listeners:
            raise BrokerUnavailable("nobody listens")
