"""The broker of a single node: delivers publications directly."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from protocol.channels import Channel
from protocol.publications import Publication, StreamPosition
from protocol.retention import Retention
from server.pubsub.brokers.base import BrokerEventHandler, BrokerUnavailable, Recovery
from server.pubsub.brokers.memory.history import MemoryHistory


class MemoryRecovery(Struct, frozen=True):
    """A recovery from the memory of this process, which is read when it is finished."""

    history: MemoryHistory
    channel: Channel
    since: StreamPosition | None

    def finish(self) -> Recovery:
        """Return the recovery as of now."""
        return self.history.recover(self.channel, self.since)


class MemoryBroker:
    """The broker of a single node; ``clock`` is in seconds since the epoch.

    Its history ends with the process; the next one has another stream epoch.
    """

    def __init__(self, retention: Retention, clock: Callable[[], float]) -> None:
        self._history = MemoryHistory(secrets.token_hex(4), retention, clock)
        self._handler: BrokerEventHandler | None = None
        self._mirrored_tenants: frozenset[str] = frozenset()

    async def publish(
        self,
        publications: Sequence[Publication],
        idempotency_key: str = "",  # noqa: ARG002 - the result is always known, so nothing is repeated
    ) -> None:
        """Deliver at once."""
        accepted = [self._history.append(publication) for publication in publications]
        if self._handler is None:
            return
        self._handler.on_publications(accepted)
        if self._mirrored_tenants:
            mirrored = [each for each in accepted if each.tenant in self._mirrored_tenants]
            self._handler.on_mirrored(mirrored)

    @asynccontextmanager
    async def run(self, handler: BrokerEventHandler) -> AsyncIterator[None]:
        """Pass publications to ``handler`` while the block lasts."""
        self._handler = handler
        try:
            yield
        finally:
            self._handler = None

    async def subscribe(self, channel: Channel) -> None:
        """Do nothing: everything is delivered here."""

    async def set_mirrored_tenants(self, tenants: Collection[str]) -> None:
        """Pass all publications of these tenants to ``on_mirrored``."""
        self._mirrored_tenants = frozenset(tenants)

    async def recover(self, channel: Channel, since: StreamPosition | None) -> MemoryRecovery:
        """Read the position of a channel, and its publications since another."""
        return MemoryRecovery(self._history, channel, since)

    async def health_check(self) -> None:
        """Check that the broker is running."""
        if self._handler is None:
            raise BrokerUnavailable("the broker is not running")
