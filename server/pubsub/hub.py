"""Channel subscriptions of this node, and delivery of what the broker publishes to subscribers.

Pure: it writes through the ``broadcast`` it is given, and callers pass the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from typing import Protocol

from protocol.channels import Channel, ChannelKind
from protocol.codec import encode_with_offset, encode_with_timestamp
from protocol.messages import Subscribed, SubscribedPayload
from protocol.publications import Address, Everyone, Publication, StreamPosition
from server.monitoring.counters import Counters
from server.stores.base import OrderOwnership
from server.websocket import frame_codec
from server.websocket.send_queue import Recipients, SendQueue


class Subscriber(Protocol):
    """A connection, as the hub and those who ask it for subscribers see it."""

    @property
    def id(self) -> str:
        """Its id, unique on this node."""
        ...

    @property
    def tenant_id(self) -> str:
        """The tenant it is signed in to, or an empty string."""
        ...

    @property
    def is_staff(self) -> bool:
        """Whether it is signed in as an agent or an admin."""
        ...

    @property
    def send_queue(self) -> SendQueue:
        """Its frames that are not written yet."""
        ...

    def send(self, frame: bytes) -> None:
        """Queue a frame for it alone."""

    def on_order_owner_changed(self, ownership: OrderOwnership) -> None:
        """Unsubscribe from an order that it may no longer see."""


RecipientGroups = tuple[Recipients, Recipients]
"""A channel's plain subscribers, and its recoverable ones, who get offsets."""


class Hub:
    """Knows every connection and the channels it is subscribed to, and handles broker events.

    A channel without subscribers takes no memory.  ``broadcast`` queues frames for many
    recipients; ``clock`` is in seconds since the epoch.  ``observers`` are called with every
    publication and the number of connections it was queued for, ``mirror_observers`` with the
    publications of mirrored tenants.
    """

    def __init__(
        self,
        counters: Counters,
        broadcast: Callable[[Recipients, bytes], None],
        clock: Callable[[], float],
    ) -> None:
        self._counters = counters
        self._broadcast = broadcast
        self._clock = clock
        self.observers: list[Callable[[Publication, int], None]] = []
        self.mirror_observers: list[Callable[[Sequence[Publication]], None]] = []
        self._connections: set[Subscriber] = set()
        self._subscribers: dict[ChannelKind, dict[Channel, dict[Subscriber, None]]] = {
            kind: {} for kind in ChannelKind
        }
        self._recoverable_subscribers: dict[Address, set[Subscriber]] = {}
        self._recipient_groups: dict[Address, RecipientGroups] = {}
        self.subscription_count = 0

    @property
    def connections(self) -> Collection[Subscriber]:
        """All connections."""
        return self._connections

    @property
    def channel_count(self) -> int:
        """How many channels have subscribers."""
        return sum(map(len, self._subscribers.values()))

    def add(self, connection: Subscriber) -> None:
        """Add a connection, which has no subscriptions yet."""
        self._connections.add(connection)

    def remove(self, connection: Subscriber, channels: Collection[Channel]) -> None:
        """Remove a connection and its subscriptions; idempotent."""
        self._connections.discard(connection)
        for channel in channels:
            self.unsubscribe(connection, channel)

    def subscribe(
        self, connection: Subscriber, channel: Channel, *, recoverable: bool = False
    ) -> None:
        """Start delivering a channel to a connection, with offsets if ``recoverable``.

        Subscribing again changes whether it is recoverable.
        """
        self._unsubscribe_recoverable(connection, channel)
        if recoverable:
            self._recoverable_subscribers.setdefault(channel, set()).add(connection)
        subscribers = self._subscribers[channel.kind].setdefault(channel, {})
        if connection not in subscribers:
            subscribers[connection] = None
            self.subscription_count += 1
        self._recipient_groups.pop(channel, None)

    def unsubscribe(self, connection: Subscriber, channel: Channel) -> None:
        """Stop delivering a channel to a connection; idempotent."""
        subscribers = self._subscribers[channel.kind].get(channel)
        if subscribers is None or connection not in subscribers:
            return
        del subscribers[connection]
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
        """Return the subscribers of a channel."""
        return self._subscribers[channel.kind].get(channel, ())

    def channel_keys(self, kind: ChannelKind) -> set[str]:
        """Return the keys of the channels of a kind that have subscribers."""
        return {channel.key for channel in self._subscribers[kind]}

    def channels(self, kind: ChannelKind) -> Collection[Channel]:
        """Return the channels of a kind that have subscribers."""
        return self._subscribers[kind].keys()

    def subscribers_for(self, publication: Publication) -> Collection[Subscriber]:
        """Return the recipients of a publication."""
        if isinstance(publication.to, Everyone):
            return self._connections
        subscribers = self.subscribers(publication.to)
        if not (
            publication.tenant_only
            or publication.staff_only
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
            and (connection.is_staff or not publication.staff_only)
        ]

    def has_subscribers(self, channel: Channel) -> bool:
        """Tell whether a channel has subscribers."""
        return channel in self._subscribers[channel.kind]

    def on_publications(self, publications: Sequence[Publication]) -> None:
        """Queue publications, in this order, for their recipients.

        Neighbours with the same recipients are queued together: a list of twenty costs a
        subscriber hardly more than one.
        """
        if len(publications) == 1:  # nearly always: there is nothing to compare
            self._deliver_batch(publications)
            return
        for _, together in groupby(publications, key=_recipients_key):
            self._deliver_batch(list(together))

    def on_history_lost(self, channel: Channel, position: StreamPosition) -> None:
        """Notify recoverable subscribers that some messages could not be recovered."""
        subscribers = self._recoverable_subscribers.get(channel, ())
        payload = SubscribedPayload(
            str(channel), epoch=position.epoch, offset=position.offset, recovered=False
        )
        frame = frame_codec.encode_text(encode_with_timestamp(Subscribed(payload), self._clock()))
        for connection in subscribers:
            connection.send(frame)
        self._counters.messages_out += len(subscribers)
        self._counters.replies[Subscribed] += len(subscribers)

    def on_mirrored(self, publications: Sequence[Publication]) -> None:
        """Pass on what was published for mirrored tenants."""
        for observer in self.mirror_observers:
            observer(publications)

    def _deliver_batch(self, publications: Sequence[Publication]) -> None:
        subscribers = self.subscribers_for(publications[0])
        reached, count = len(subscribers), len(publications)
        if reached:
            frames_bytes = b"".join(
                [frame_codec.encode_text(publication.message) for publication in publications]
            )
            plain, recoverable = self._recipients_for(publications[0].to, subscribers)
            if plain.queues:
                self._broadcast(plain, frames_bytes)
            if recoverable.queues:
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
        """Split recipients into plain and recoverable ones.

        For all subscribers of a channel, the result is the same object until they change.
        """
        is_whole = isinstance(to, Channel) and subscribers is self.subscribers(to)
        groups = self._recipient_groups.get(to) if is_whole else None
        if groups is None:
            recoverable = self._recoverable_subscribers.get(to, ())
            groups = (
                Recipients([each.send_queue for each in subscribers if each not in recoverable]),
                Recipients([each.send_queue for each in subscribers if each in recoverable]),
            )
            if is_whole:
                self._recipient_groups[to] = groups
        return groups


def _recipients_key(publication: Publication) -> tuple[object, ...]:
    """Return what decides the recipients of a publication."""
    return (
        publication.to,
        publication.tenant_only and publication.tenant,
        publication.staff_only,
        publication.exclude_subscribers_of,
        publication.exclude_connection,
    )
