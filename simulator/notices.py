"""Texts of notifications, in Ukrainian: about orders, and announcements."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from protocol.events import Notice, OrderStatus, Priority
from simulator.catalogue import Name
from simulator.datafiles import parse_toml, text_of
from simulator.orders import PlacedOrder


class Wording(Struct, frozen=True):
    """Notification text; the body may use ``{number}``, ``{total}``, ``{city}``, ``{tracking}``."""

    title: str
    body: str
    icon: str
    priority: Priority = Priority.NORMAL


_WORDINGS = {
    OrderStatus.PENDING: Wording(
        "Замовлення прийнято",
        "Дякуємо! Замовлення {number} на {total} грн чекає на оплату.",
        "cart",
    ),
    OrderStatus.PAID: Wording(
        "Оплату отримано", "Ми отримали {total} грн за замовлення {number}.", "credit-card"
    ),
    OrderStatus.PAYMENT_FAILED: Wording(
        "Оплата не пройшла",
        "Банк відхилив платіж за замовлення {number}. Спробуйте ще раз або іншу картку.",
        "alert",
        Priority.HIGH,
    ),
    OrderStatus.PROCESSING: Wording(
        "Замовлення комплектується", "Склад уже збирає замовлення {number}.", "box", Priority.LOW
    ),
    OrderStatus.SHIPPED: Wording(
        "Замовлення в дорозі",
        "Замовлення {number} прямує до міста {city}, накладна {tracking}.",
        "truck",
    ),
    OrderStatus.DELIVERED: Wording(
        "Замовлення отримано", "Замовлення {number} у вас. Гарних покупок!", "check"
    ),
    OrderStatus.CANCELLED: Wording(
        "Замовлення скасовано", "Замовлення {number} скасовано.", "x", Priority.HIGH
    ),
    OrderStatus.REFUNDED: Wording(
        "Кошти повернено", "Ми повернули {total} грн за замовлення {number}.", "refresh"
    ),
}


class Announcement(Struct, frozen=True, forbid_unknown_fields=True):
    """An announcement to all customers."""

    title: Name
    body: Name
    action_url: Annotated[str, Meta(pattern="^/")]
    icon: Name
    priority: Priority


class _Announcements(Struct, frozen=True, forbid_unknown_fields=True):
    announcements: Annotated[tuple[Announcement, ...], Meta(min_length=1)]


def load() -> tuple[Announcement, ...]:
    """Read the shop's own announcements.

    Raises:
        BadData: the file is wrong, and where.
    """
    name = "announcements.toml"
    return parse_toml(name, text_of(name), _Announcements).announcements


def about(order: PlacedOrder, *, id: str, at: datetime) -> Notice:
    """Return the notification for the current status of an order."""
    wording = _WORDINGS[order.status]
    body = wording.body.format(
        number=order.order.number,
        total=order.order.total,
        city=order.city,
        tracking=order.tracking_number,
    )
    return Notice(
        id=id,
        title=wording.title,
        body=body,
        action_url=f"/orders/{order.order.id}",
        icon=wording.icon,
        priority=wording.priority,
        created_at=at,
    )


def to_everybody(announcement: Announcement, *, id: str, at: datetime) -> Notice:
    """Return the notification of an announcement."""
    return Notice(
        id=id,
        title=announcement.title,
        body=announcement.body,
        action_url=announcement.action_url,
        icon=announcement.icon,
        priority=announcement.priority,
        created_at=at,
    )
