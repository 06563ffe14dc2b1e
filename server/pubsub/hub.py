"""Who is subscribed to what, and what happens to publications that the broker delivers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from typing import Protocol

from msgspec import Struct

from protocol.channels import Channel, ChannelKind
from protocol.codec import encode_with_offset, encode_with_timestamp
from protocol.messages import Subscribed, SubscribedPayload
from protocol.publications import Address, Everyone, Publication, StreamPosition
from server.monitoring.counters import Counters
from server.websocket import frame_codec
from server.websocket.batch_writer import Recipients, make_recipients
from server.websocket.send_queue import SendQueue


class Subscriber(Protocol):
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
    def send_queue(self) -> SendQueue:
        """Where its frames go."""
        ...


RecipientGroups = tuple[Recipients, Recipients]
"""The outboxes of those who hear a channel as the document says, and of the recoverable."""


class Hub:
    """Knows every connection and which channels it hears.

    A channel without listeners leaves nothing in memory.
    ``cast`` queues a piece for a crowd of outboxes; ``observers`` are told of every
    publication and how many sockets it was queued for.
    """

    def __init__(self, counters: Counters, broadcast: Callable[[Recipients, bytes], None]) -> None:
        self._counters = counters
        self._broadcast = broadcast
        self.observers: list[Callable[[Publication, int], None]] = []
        self._connections: set[Subscriber] = set()
        self._subscribers: dict[ChannelKind, dict[Channel, set[Subscriber]]] = {
            kind: {} for kind in ChannelKind
        }
        self._recoverable_subscribers: dict[Address, set[Subscriber]] = {}
        self._recipient_groups: dict[Address, RecipientGroups] = {}
        self.subscription_count = 0

    @property
    def connections(self) -> Collection[Subscriber]:
        """All who are connected."""
        return self._connections

    @property
    def channel_count(self) -> int:
        """How many channels have listeners."""
        return sum(map(len, self._subscribers.values()))

    def add(self, connection: Subscriber) -> None:
        """Take in a connection."""
        self._connections.add(connection)

    def remove(self, connection: Subscriber, channels: Collection[Channel]) -> None:
        """Let go of a connection and of all it heard; twice is once."""
        self._connections.discard(connection)
        for channel in channels:
            self.unsubscribe(connection, channel)

    def subscribe(
        self, connection: Subscriber, channel: Channel, *, recoverable: bool = False
    ) -> None:
        """Start delivering a channel to a connection, with offsets if ``recoverable``.

        Twice is once, and as the second time.
        """
        self._unsubscribe_recoverable(connection, channel)
        if recoverable:
            self._recoverable_subscribers.setdefault(channel, set()).add(connection)
        subscribers = self._subscribers[channel.kind].setdefault(channel, set())
        if connection not in subscribers:
            subscribers.add(connection)
            self.subscription_count += 1
        self._recipient_groups.pop(channel, None)

    def unsubscribe(self, connection: Subscriber, channel: Channel) -> None:
        """Stop delivering a channel to a connection, if it heard it."""
        subscribers = self._subscribers[channel.kind].get(channel)
        if subscribers is None or connection not in subscribers:
            return
        subscribers.remove(connection)
        self._unsubscribe_recoverable(connection, channel)
        self._recipient_groups.pop(channel, None)
        self.subscription_count -= 1
        if not subscribers:
            del self._subscribers[channel.kind][channel]

    def _unsubscribe_recoverable(self, connection: Subscriber, channel: Channel) -> None:
        subscribers = self._recoverable_subscribers.get(channel)
        if subscribers is not None:
            subscribers.discard(connection)
            if not subscribers:
                del self._recoverable_subscribers[channel]

    def subscribers(self, channel: Channel) -> Collection[Subscriber]:
        """Return who hears a channel."""
        return self._subscribers[channel.kind].get(channel, ())

    def channel_keys(self, kind: ChannelKind) -> set[str]:
        """Return the keys of a kind's channels that have listeners."""
        return {channel.key for channel in self._subscribers[kind]}

    def subscribers_for(self, publication: Publication) -> Collection[Subscriber]:
        """Return whom a publication is for."""
        if isinstance(publication.to, Everyone):
            return self._connections
        subscribers = self.subscribers(publication.to)
        if not (
            publication.tenant_only
            or publication.exclude_subscribers_of
            or publication.exclude_connection
        ):
            return subscribers
        excluded = (
            self.subscribers(publication.exclude_subscribers_of)
            if publication.exclude_subscribers_of
            else ()
        )
        return [
            connection
            for connection in subscribers
            if connection not in excluded
            and connection.id != publication.exclude_connection
            and not (publication.tenant_only and connection.tenant_id != publication.tenant)
        ]

    def deliver(self, publications: Iterable[Publication]) -> None:
        """Queue publications, in this order, for all they are for.

        Neighbours for the same audience are queued as one piece: a list of twenty costs a
        listener hardly more than one.
        """
        for _, together in groupby(publications, key=_recipients_key):
            self._deliver_batch(list(together))

    def send_to_recoverable(self, channel: Channel, frame: bytes) -> None:
        """Queue a frame for those who hear a channel recoverably."""
        subscribers = self._recoverable_subscribers.get(channel, ())
        for connection in subscribers:
            connection.send_queue.push(frame)
        self._counters.messages_out += len(subscribers)
        self._counters.replies[Subscribed] += len(subscribers)

    def _deliver_batch(self, publications: list[Publication]) -> None:
        subscribers = self.subscribers_for(publications[0])
        reached, count = len(subscribers), len(publications)
        if reached:
            frames_bytes = b"".join(
                [frame_codec.encode_text(publication.message) for publication in publications]
            )
            plain, recoverable = self._recipients_for(publications[0].to, subscribers)
            if plain:
                self._broadcast(plain, frames_bytes)
            if recoverable:
                with_offsets = b"".join(
                    [frame_codec.encode_text(encode_with_offset(each)) for each in publications]
                )
                self._broadcast(recoverable, with_offsets)
        self._counters.publications += count
        self._counters.deliveries += reached * count
        self._counters.messages_out += reached * count
        for publication in publications:
            for observer in self.observers:
                observer(publication, reached)

    def _recipients_for(self, to: Address, subscribers: Collection[Subscriber]) -> RecipientGroups:
        """Part an audience; for a channel's own, the very same crowds until somebody joins it."""
        is_whole = isinstance(to, Channel) and subscribers is self.subscribers(to)
        groups = self._recipient_groups.get(to) if is_whole else None
        if groups is None:
            recoverable = self._recoverable_subscribers.get(to, ())
            groups = (
                make_recipients(each.send_queue for each in subscribers if each not in recoverable),
                make_recipients(each.send_queue for each in subscribers if each in recoverable),
            )
            if is_whole:
                self._recipient_groups[to] = groups
        return groups


def _recipients_key(publication: Publication) -> tuple[object, ...]:
    """Return what decides a publication's audience."""
    return (
        publication.to,
        publication.tenant_only and publication.tenant,
        publication.exclude_subscribers_of,
        publication.exclude_connection,
    )


def _ignore_tap(_: Sequence[Publication]) -> None:
    """Nobody taps."""


class HubEventHandler(Struct, frozen=True):
    """The hub, as the broker sees it; ``clock`` is in seconds since the epoch.

    ``tap`` is told what is published for the tenants that are tapped.
    """

    hub: Hub
    clock: Callable[[], float]
    tap: Callable[[Sequence[Publication]], None] = _ignore_tap

    def on_publications(self, publications: Sequence[Publication]) -> None:
        """Deliver what was published."""
        self.hub.deliver(publications)

    def on_history_lost(self, channel: Channel, position: StreamPosition) -> None:
        """Tell those whose subscription is recoverable that it could not be."""
        gap = SubscribedPayload(
            str(channel), epoch=position.epoch, offset=position.offset, recovered=False
        )
        self.hub.send_to_recoverable(
            channel,
            frame_codec.encode_text(encode_with_timestamp(Subscribed(gap), self.clock())),
        )

    def has_subscribers(self, channel: Channel) -> bool:
        """Tell whether anybody listens to a channel."""
        return bool(self.hub.subscribers(channel))

    def on_tap(self, publications: Sequence[Publication]) -> None:
        """Pass on what was published for a tenant."""
        self.tap(publications)
