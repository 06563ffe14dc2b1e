"""A customer's notifications and cart changes, folded from messages.  Pure, bounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct

from protocol.event_payloads import CartAction, CartUpdatePayload, NotificationPayload, Priority
from protocol.money import decode_money

MAX_KEPT = 200  # of each


class InboxNotification(Struct, frozen=True):
    """A notification; ``at`` is the server's timestamp."""

    id: str
    at: float
    title: str
    body: str
    action_url: str
    priority: Priority


class CartChange(Struct, frozen=True):
    """A change of the cart, and its content afterwards; ``at`` is the server's timestamp.

    ``product`` and ``quantity`` are of the item that changed; a cleared cart has none.
    """

    at: float
    action: CartAction
    product: str
    quantity: int | None
    item_count: int
    total: Decimal


class InboxSnapshot(Struct, frozen=True):
    """Immutable snapshot of the inbox, newest first."""

    notifications: tuple[InboxNotification, ...] = ()
    cart_changes: tuple[CartChange, ...] = ()

    def up_to(self, at: float) -> InboxSnapshot:
        """Return the entries sent up to a time."""
        return InboxSnapshot(
            tuple(note for note in self.notifications if note.at <= at),
            tuple(change for change in self.cart_changes if change.at <= at),
        )

    def since(self, at: float) -> InboxSnapshot:
        """Return the entries sent from a time on."""
        return InboxSnapshot(
            tuple(note for note in self.notifications if note.at >= at),
            tuple(change for change in self.cart_changes if change.at >= at),
        )

    def notifications_since(self, at: float) -> tuple[InboxNotification, ...]:
        """Return the notifications that were sent after a time."""
        return tuple(note for note in self.notifications if note.at > at)


Entry = TypeVar("Entry", InboxNotification, CartChange)


class Inbox:
    """Folds messages from the socket and the backfill, in any order, without duplicates."""

    def __init__(self) -> None:
        self._notifications: dict[str, InboxNotification] = {}
        self._cart_changes: dict[str, CartChange] = {}

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Apply a message; other types are ignored.

        Raises:
            msgspec.ValidationError: the payload does not match the type.
        """
        stamp, payload = message.get("timestamp"), message.get("payload")
        if not isinstance(stamp, str):
            return
        at = datetime.fromisoformat(stamp).timestamp()
        match message.get("type"):
            case "notification":
                notice = msgspec.convert(payload, NotificationPayload, dec_hook=decode_money)
                _add_bounded(self._notifications, notice.id, _to_notification(notice, at))
            case "cart_update":
                changed = msgspec.convert(payload, CartUpdatePayload, dec_hook=decode_money)
                # A cart update has no id; timestamp and content identify it.
                _add_bounded(self._cart_changes, f"{stamp} {changed}", _to_cart_change(changed, at))
            case _:
                pass

    def snapshot(self) -> InboxSnapshot:
        """Return an immutable snapshot."""
        return InboxSnapshot(_newest_first(self._notifications), _newest_first(self._cart_changes))


def _add_bounded(known: dict[str, Entry], key: str, one: Entry) -> None:
    known.setdefault(key, one)
    if len(known) > MAX_KEPT:
        del known[min(known, key=lambda k: known[k].at)]


def _newest_first(known: dict[str, Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(known.values(), key=lambda one: -one.at))


def _to_notification(notice: NotificationPayload, at: float) -> InboxNotification:
    return InboxNotification(
        notice.id,
        at,
        notice.title,
        notice.body,
        notice.action_url or "",
        notice.priority or Priority.NORMAL,
    )


def _to_cart_change(changed: CartUpdatePayload, at: float) -> CartChange:
    item, cart = changed.item, changed.cart
    return CartChange(
        at,
        changed.action,
        "" if item is UNSET else item.name,
        None if item is UNSET else item.quantity,
        cart.item_count,
        cart.total,
    )
