"""A history: what publishers, clients and the nemesis did and saw, in order.  Pure.

It is kept as JSON, one event a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from msgspec import Struct


class EventKind(StrEnum):
    """What happened; of a publication, of a client, or by the nemesis."""

    PUBLISH = "publish"  # the request is sent
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no answer, or one that does not tell: it may be delivered, once
    SUBSCRIBE = "subscribe"  # the application calls it
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBE = "unsubscribe"  # the application calls it
    UNSUBSCRIBED = "unsubscribed"
    REJECTED = "rejected"  # the server refuses or ends a subscription, and says so
    POSTPONED = "postponed"  # it cannot subscribe now; the client library tries again, and recovers
    GAP = "gap"  # the client library reports that messages are lost
    RECEIVED = "received"
    CONNECTED = "connected"
    NEMESIS = "nemesis"


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event, in seconds of the monotonic clock.

    ``text`` identifies a message within its channel.  ``detail`` is for the reader only.
    """

    at: float
    kind: EventKind
    client: str = ""
    channel: str = ""
    text: str = ""
    detail: str = ""


_decoder = msgspec.json.Decoder(Event)


def encode_history(events: Iterable[Event]) -> bytes:
    """Return a history as JSON Lines."""
    return b"".join(msgspec.json.encode(event) + b"\n" for event in events)


def decode_history(data: bytes) -> list[Event]:
    """Return the history in JSON Lines.

    Raises:
        msgspec.ValidationError, msgspec.DecodeError: it is none.
    """
    return _decoder.decode_lines(data)
