"""On which subscription an event came, and whether it is a replay.  Pure.

A message on a recoverable subscription names its channel; any other does not.  Its channel is
deduced from what it is about, from the subscriptions of the connection, and from what was
published from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from client.recorded_frames import RecordedFrame
from dashboard.state.channels import EVERYONE_ADDRESS

TENANT_EVENTS = frozenset({"new_order", "inventory_alert", "customer_activity"})
MONITOR_EVENTS = frozenset({"traffic", "stats"})


class Basis(StrEnum):
    """How the channel of an event is known."""

    NAMED = "named"  # the message names it
    PUBLISHED = "published"  # it was published from here
    DEDUCED = "deduced"  # no other subscription can have carried it
    PROBABLE = "probable"  # others can have carried it
    UNKNOWN = "unknown"


class ReplayReason(StrEnum):
    """Why an event was sent that had been published before the subscription."""

    NONE = ""
    SINCE = "since"
    LAST = "last"


class Subscription(Struct, frozen=True):
    """A subscription of the connection.

    ``seq`` is the frame of the request, or with ``by_sign_in`` of the sign-in.  ``confirmed_at``
    is the server's timestamp in the reply, as text; ``offset`` the position in it, None if the
    subscription is not recoverable.
    """

    channel: str
    seq: int
    by_sign_in: bool = False
    confirmed_at: str = ""
    epoch: str = ""
    offset: int | None = None
    has_since: bool = False
    has_last: bool = False

    @property
    def is_recoverable(self) -> bool:
        """Whether its messages have a channel and an offset."""
        return self.offset is not None

    @property
    def kind(self) -> str:
        """The kind of its channel."""
        return self.channel.partition(":")[0]


class EventOrigin(Struct, frozen=True):
    """Where an event came from.

    ``channel`` is empty if it is unknown, ``*`` for a message to everyone.  ``alternatives`` are
    the other channels that can have carried it.  ``request`` is the ``seq`` of the HTTP request
    that published it, ``copies`` are the frames with the same event on other channels, ``first``
    is the frame in which the same message came before; 0 means none.
    """

    basis: Basis
    channel: str = ""
    subscription: Subscription | None = None
    alternatives: tuple[str, ...] = ()
    replay: ReplayReason = ReplayReason.NONE
    request: int = 0
    copies: tuple[int, ...] = ()
    first: int = 0

    @property
    def kind(self) -> str:
        """The kind of the channel: ``everyone``, or empty if it is unknown."""
        return "everyone" if self.channel == EVERYONE_ADDRESS else self.channel.partition(":")[0]


def deduce(
    event: RecordedFrame,
    subscriptions: Mapping[str, Subscription],
    just_confirmed: Subscription | None,
    published: Iterable[RecordedFrame],
    is_staff: bool,
) -> EventOrigin:
    """Deduce where an event came from.

    Args:
        event: the frame.
        subscriptions: those of the connection, by channel.
        just_confirmed: the subscription that the frame before it confirmed.
        published: the HTTP requests of this page, the latest first.
        is_staff: whether the connection is signed in as an agent or an admin.
    """
    body = event.json_body
    if isinstance(named := body.get("channel"), str):
        return _named(named, body.get("offset"), subscriptions.get(named))
    # Messages of recoverable subscriptions name their channel: this one came on another.
    plain = [each for each in subscriptions.values() if not each.is_recoverable]
    if just_confirmed in plain and _is_latest_of(just_confirmed, event):
        channel = just_confirmed.channel
        return EventOrigin(Basis.DEDUCED, channel, just_confirmed, replay=ReplayReason.LAST)
    if (request := _request_of(event, published)) is not None:
        channel = _address(request)
        carrying = subscriptions.get(channel)
        if channel == EVERYONE_ADDRESS or carrying in plain:
            return EventOrigin(Basis.PUBLISHED, channel, carrying, request=request.seq)
    if not plain:
        return EventOrigin(Basis.DEDUCED, EVERYONE_ADDRESS)
    return _by_content(event, plain, is_staff)


def _named(channel: str, offset: object, subscription: Subscription | None) -> EventOrigin:
    replay = ReplayReason.NONE
    if (
        subscription is not None
        and subscription.offset is not None
        and isinstance(offset, int)
        and offset <= subscription.offset
    ):
        replay = ReplayReason.SINCE if subscription.has_since else ReplayReason.LAST
    return EventOrigin(Basis.NAMED, channel, subscription, replay=replay)


def _is_latest_of(subscription: Subscription | None, event: RecordedFrame) -> bool:
    """Return whether it is the message that ``last`` asked for: it is older than the reply."""
    if subscription is None or not subscription.has_last:
        return False
    sent_at = event.json_body.get("timestamp")
    return isinstance(sent_at, str) and sent_at < subscription.confirmed_at


def _request_of(event: RecordedFrame, published: Iterable[RecordedFrame]) -> RecordedFrame | None:
    return next(
        (
            request
            for request in published
            if request.type == event.type and request.payload == event.payload
        ),
        None,
    )


def _address(request: RecordedFrame) -> str:
    body = request.json_body
    if body.get("everyone") is True:
        return EVERYONE_ADDRESS
    return str(body["channel"]) if "channel" in body else f"user:{body.get('user', '')}"


def _by_content(event: RecordedFrame, plain: Sequence[Subscription], is_staff: bool) -> EventOrigin:
    usual = [each for each in plain if _usually_carries(each, event, is_staff)]
    # A service may publish any event on any channel: where no usual one is joined, another was.
    possible = sorted(usual or plain, key=lambda each: (each.by_sign_in, each.seq))
    first, *others = possible
    channels = tuple(each.channel for each in others)
    if event.type == "notification":
        channels += (EVERYONE_ADDRESS,)
    if not channels:
        return EventOrigin(Basis.DEDUCED, first.channel, first)
    if not usual:
        return EventOrigin(Basis.UNKNOWN, alternatives=(first.channel, *channels))
    return EventOrigin(Basis.PROBABLE, first.channel, first, alternatives=channels)


def _usually_carries(subscription: Subscription, event: RecordedFrame, is_staff: bool) -> bool:
    """Return whether the shop publishes such an event on this channel."""
    kind = subscription.kind
    match event.type:
        case "order_update":
            own = f"order:{event.payload.get('order_id')}"
            return subscription.channel == own or (
                kind == "user" and _is_for_user(subscription, event, is_staff)
            )
        case "cart_update":
            return kind == "user"
        case "notification":
            return kind in ("user", "public")
        case "chat_message":
            return kind == ("tenant" if is_staff else "user")
        case type_ if type_ in TENANT_EVENTS:
            return kind == "tenant"
        case type_ if type_ in MONITOR_EVENTS:
            return kind == "monitor"
        case _:
            return True


def _is_for_user(subscription: Subscription, event: RecordedFrame, is_staff: bool) -> bool:
    """Return whether an order's update goes to this user: to the customer who placed it."""
    match event.payload.get("order"):
        case {"customer": {"id": str(customer)}}:
            return subscription.channel == f"user:{customer}"
        case _:
            return not is_staff


def pair_copies(
    earlier: EventOrigin, earlier_seq: int, later: EventOrigin, later_seq: int
) -> tuple[EventOrigin, EventOrigin] | None:
    """Return the origins of two frames with the same event; None if they are on one channel.

    A publisher sends an event to one channel after the other, and both frames cannot have come
    on the same: where two subscriptions were possible, the first frame came on the first.
    """
    if (
        earlier.basis is later.basis is Basis.PROBABLE
        and earlier.channel == later.channel
        and earlier.alternatives == later.alternatives
        and later.alternatives[0] != EVERYONE_ADDRESS
    ):
        second, *rest = later.alternatives
        certain = Basis.PROBABLE if rest else Basis.DEDUCED
        earlier = replace(earlier, basis=certain, alternatives=tuple(rest))
        later = replace(
            later, basis=certain, channel=second, subscription=None, alternatives=tuple(rest)
        )
    elif earlier.channel == later.channel:
        return None
    return (
        replace(earlier, copies=(*earlier.copies, later_seq)),
        replace(later, copies=(*later.copies, earlier_seq)),
    )
