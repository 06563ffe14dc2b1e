"""What a server asks of the cluster that it is part of, and how it does without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.brokers.base import Broker
from server.hub import Hub
from server.nodes.places import OwnPlaces, Places
from server.nodes.questions import Question
from server.nodes.watching import OwnWatch, Teller, Watch

A = TypeVar("A", bound=Struct)


class PeersUnavailable(Exception):
    """The other servers cannot be asked now."""


class Gathered(Struct, Generic[A], frozen=True):
    """What was answered; ``silent`` names the servers that did not answer in time."""

    answers: list[A]
    silent: list[str]


class Host(Protocol):
    """What the cluster asks of a server that is part of it."""

    async def answer(self, question: Question) -> Struct:
        """Answer for this server; raises StoreUnavailable."""
        ...

    def cut_off(self) -> None:
        """Rely no more on what was remembered: the others are not heard."""

    async def catch_up(self) -> None:
        """Judge everybody again: what the others said meanwhile was not heard.

        Raises:
            StoreUnavailable: it could not be found out; to be tried again.
        """

    def stats(self) -> NodeStats:
        """Describe this server as it is now."""
        ...


class Peers(Protocol):
    """The servers of a cluster, seen from one of them."""

    @property
    def name(self) -> str:
        """What this server is called."""
        ...

    @property
    def places(self) -> Places:
        """The connections that each user may have, here or elsewhere."""
        ...

    @property
    def hears(self) -> bool:
        """Tell whether what the others say is heard here."""
        ...

    def open(self, host: Host) -> AbstractAsyncContextManager[None]:
        """Take part, on behalf of a server, while the block lasts."""
        ...

    async def ask(self, question: Question, kind: type[A]) -> Gathered[A]:
        """Ask every server, this one too; returns within the broker's timeout.

        Raises:
            PeersUnavailable: the others cannot be reached; what is asked of this server
                may have been done.
            StoreUnavailable: this server could not answer.
        """
        ...

    def nodes(self) -> list[NodeStats]:
        """Describe every server, this one first, as it was a second ago at the most."""
        ...

    def watch(self, hub: Hub, broker: Broker, teller: Teller) -> Watch:
        """Take part in what those who watch are told; to be asked for once."""
        ...

    def tapped(self, publications: Sequence[Publication]) -> None:
        """Take what the broker was asked to tap."""


class Alone:
    """A cluster of one: answers itself, and counts for itself."""

    def __init__(self, name: str, places: OwnPlaces) -> None:
        self.name = name
        self.places: Places = places
        self.hears = True
        self._host: Host | None = None

    @asynccontextmanager
    async def open(self, host: Host) -> AsyncIterator[None]:
        """Answer for this server."""
        self._host = host
        yield

    async def ask(self, question: Question, kind: type[A]) -> Gathered[A]:
        """Ask this server."""
        answer: Any = await self._there.answer(question)
        assert isinstance(answer, kind)  # noqa: S101 - for the types
        return Gathered([answer], silent=[])

    def nodes(self) -> list[NodeStats]:
        """Describe this server."""
        return [self._there.stats()]

    def watch(self, hub: Hub, broker: Broker, teller: Teller) -> Watch:
        """Tell of what this server delivers."""
        del broker
        return OwnWatch(hub, teller)

    def tapped(self, publications: Sequence[Publication]) -> None:
        """Ignore what was not asked for."""

    @property
    def _there(self) -> Host:
        if self._host is None:
            raise PeersUnavailable("not open")
        return self._host
