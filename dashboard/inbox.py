"""A customer's notifications and cart changes, folded from messages.  Pure, bounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct

from protocol.events import CartAction, CartChanged, Notice, Priority
from protocol.money import from_wire

KEPT = 200  # of each


class Note(Struct, frozen=True):
    """A notification; ``at`` is the server's stamp."""

    id: str
    at: float
    title: str
    body: str
    action_url: str
    priority: Priority


class CartChange(Struct, frozen=True):
    """A change of the cart, and what is in it since; ``at`` is the server's stamp.

    ``product`` and ``quantity`` are of the line that changed; a cart that was cleared has none.
    """

    at: float
    action: CartAction
    product: str
    quantity: int | None
    count: int
    total: Decimal


class Mail(Struct, frozen=True):
    """Immutable snapshot of the inbox, newest first."""

    notes: tuple[Note, ...] = ()
    changes: tuple[CartChange, ...] = ()

    def until(self, at: float) -> Mail:
        """Return the entries sent up to a time."""
        return Mail(
            tuple(note for note in self.notes if note.at <= at),
            tuple(change for change in self.changes if change.at <= at),
        )

    def since(self, at: float) -> tuple[Note, ...]:
        """Return the notifications that were sent after a moment."""
        return tuple(note for note in self.notes if note.at > at)


M = TypeVar("M", Note, CartChange)


class Inbox:
    """Folds messages from the socket and the backfill, in any order, without duplicates."""

    def __init__(self) -> None:
        self._notes: dict[str, Note] = {}
        self._changes: dict[str, CartChange] = {}

    def hear(self, message: Mapping[str, Any]) -> None:
        """Apply a message; other types are ignored.

        Raises:
            msgspec.ValidationError: its payload is not that of its type.
        """
        stamp, payload = message.get("timestamp"), message.get("payload")
        if not isinstance(stamp, str):
            return
        at = datetime.fromisoformat(stamp).timestamp()
        match message.get("type"):
            case "notification":
                notice = msgspec.convert(payload, Notice, dec_hook=from_wire)
                _keep(self._notes, notice.id, _note(notice, at))
            case "cart_update":
                changed = msgspec.convert(payload, CartChanged, dec_hook=from_wire)
                # It has no id; its stamp and its content tell it from every other.
                _keep(self._changes, f"{stamp} {changed}", _change(changed, at))
            case _:
                pass

    def mail(self) -> Mail:
        """Return this moment."""
        return Mail(_newest_first(self._notes), _newest_first(self._changes))


def _keep(known: dict[str, M], key: str, one: M) -> None:
    known.setdefault(key, one)
    if len(known) > KEPT:
        del known[min(known, key=lambda k: known[k].at)]


def _newest_first(known: dict[str, M]) -> tuple[M, ...]:
    return tuple(sorted(known.values(), key=lambda one: -one.at))


def _note(notice: Notice, at: float) -> Note:
    return Note(
        notice.id,
        at,
        notice.title,
        notice.body,
        notice.action_url or "",
        notice.priority or Priority.NORMAL,
    )


def _change(changed: CartChanged, at: float) -> CartChange:
    item, cart = changed.item, changed.cart
    return CartChange(
        at,
        changed.action,
        "" if item is UNSET else item.name,
        None if item is UNSET else item.quantity,
        cart.item_count,
        cart.total,
    )
