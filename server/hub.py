"""Who hears what: the one place where a publication becomes frames in outboxes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from typing import Protocol

from protocol.channels import Channel, Kind
from protocol.codec import numbered
from protocol.messages import Subscribed
from protocol.publications import Address, Everyone, Publication
from server import frames
from server.counters import Counters
from server.flusher import Crowd, crowd
from server.outbox import Outbox


class Listener(Protocol):
    """One connection, as far as delivery is concerned."""

    @property
    def id(self) -> str:
        """Its id, unique on this server."""
        ...

    @property
    def tenant_id(self) -> str:
        """The tenant it is signed in to, or an empty string."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Where its frames go."""
        ...


Crowds = tuple[Crowd, Crowd]
"""The outboxes of those who hear a channel as the document says, and of the recoverable."""


class Hub:
    """Knows every connection and which channels it hears.

    A channel without listeners leaves nothing in memory.
    ``cast`` queues a piece for a crowd of outboxes; ``observers`` are told of every
    publication and how many sockets it was queued for.
    """

    def __init__(self, counters: Counters, cast: Callable[[Crowd, bytes], None]) -> None:
        self._counters = counters
        self._cast = cast
        self.observers: list[Callable[[Publication, int], None]] = []
        self._everyone: set[Listener] = set()
        self._channels: dict[Kind, dict[Channel, set[Listener]]] = {kind: {} for kind in Kind}
        self._recoverable: dict[Address, set[Listener]] = {}
        self._crowds: dict[Address, Crowds] = {}
        self.subscriptions = 0

    @property
    def connections(self) -> Collection[Listener]:
        """All who are connected."""
        return self._everyone

    @property
    def channels(self) -> int:
        """How many channels have listeners."""
        return sum(map(len, self._channels.values()))

    def add(self, listener: Listener) -> None:
        """Take in a connection."""
        self._everyone.add(listener)

    def remove(self, listener: Listener, channels: Collection[Channel]) -> None:
        """Let go of a connection and of all it heard; twice is once."""
        self._everyone.discard(listener)
        for channel in channels:
            self.leave(listener, channel)

    def join(self, listener: Listener, channel: Channel, *, recoverable: bool = False) -> None:
        """Start delivering a channel to a connection, with offsets if ``recoverable``.

        Twice is once, and as the second time.
        """
        self._leave_recoverable(listener, channel)
        if recoverable:
            self._recoverable.setdefault(channel, set()).add(listener)
        listeners = self._channels[channel.kind].setdefault(channel, set())
        if listener not in listeners:
            listeners.add(listener)
            self.subscriptions += 1
        self._crowds.pop(channel, None)

    def leave(self, listener: Listener, channel: Channel) -> None:
        """Stop delivering a channel to a connection, if it heard it."""
        listeners = self._channels[channel.kind].get(channel)
        if listeners is None or listener not in listeners:
            return
        listeners.remove(listener)
        self._leave_recoverable(listener, channel)
        self._crowds.pop(channel, None)
        self.subscriptions -= 1
        if not listeners:
            del self._channels[channel.kind][channel]

    def _leave_recoverable(self, listener: Listener, channel: Channel) -> None:
        listeners = self._recoverable.get(channel)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._recoverable[channel]

    def listeners(self, channel: Channel) -> Collection[Listener]:
        """Return who hears a channel."""
        return self._channels[channel.kind].get(channel, ())

    def keys(self, kind: Kind) -> set[str]:
        """Return the keys of a kind's channels that have listeners."""
        return {channel.key for channel in self._channels[kind]}

    def audience(self, publication: Publication) -> Collection[Listener]:
        """Return whom a publication is for."""
        if isinstance(publication.to, Everyone):
            return self._everyone
        listeners = self.listeners(publication.to)
        if not (publication.within_tenant or publication.unless_on or publication.unless_from):
            return listeners
        elsewhere = self.listeners(publication.unless_on) if publication.unless_on else ()
        return [
            listener
            for listener in listeners
            if listener not in elsewhere
            and listener.id != publication.unless_from
            and not (publication.within_tenant and listener.tenant_id != publication.tenant)
        ]

    def deliver(self, publications: Iterable[Publication]) -> None:
        """Queue publications, in this order, for all they are for.

        Neighbours for the same audience are queued as one piece: a list of twenty costs a
        listener hardly more than one.
        """
        for _, together in groupby(publications, key=_for_whom):
            self._deliver_together(list(together))

    def tell_recoverable(self, channel: Channel, frame: bytes) -> None:
        """Queue a frame for those who hear a channel recoverably."""
        listeners = self._recoverable.get(channel, ())
        for listener in listeners:
            listener.outbox.push(frame)
        self._counters.messages_out += len(listeners)
        self._counters.replies[Subscribed] += len(listeners)

    def _deliver_together(self, publications: list[Publication]) -> None:
        audience = self.audience(publications[0])
        reached, count = len(audience), len(publications)
        if reached:
            piece = b"".join([frames.text(publication.message) for publication in publications])
            plain, recoverable = self._crowds_of(publications[0].to, audience)
            if plain:
                self._cast(plain, piece)
            if recoverable:
                with_offsets = b"".join([frames.text(numbered(each)) for each in publications])
                self._cast(recoverable, with_offsets)
        self._counters.publications += count
        self._counters.deliveries += reached * count
        self._counters.messages_out += reached * count
        for publication in publications:
            for observe in self.observers:
                observe(publication, reached)

    def _crowds_of(self, to: Address, audience: Collection[Listener]) -> Crowds:
        """Part an audience; for a channel's own, the very same crowds until somebody joins it."""
        is_whole = isinstance(to, Channel) and audience is self.listeners(to)
        crowds = self._crowds.get(to) if is_whole else None
        if crowds is None:
            recoverable = self._recoverable.get(to, ())
            crowds = (
                crowd(each.outbox for each in audience if each not in recoverable),
                crowd(each.outbox for each in audience if each in recoverable),
            )
            if is_whole:
                self._crowds[to] = crowds
        return crowds


def _for_whom(publication: Publication) -> tuple[object, ...]:
    """Return what decides a publication's audience."""
    return (
        publication.to,
        publication.within_tenant and publication.tenant,
        publication.unless_on,
        publication.unless_from,
    )
