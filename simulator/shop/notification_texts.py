"""Texts of notifications, in Ukrainian: on orders, and announcements."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from protocol.event_payloads import NotificationPayload, OrderStatus, Priority
from simulator.data_files import parse_toml, read_text
from simulator.shop.catalogue import NonEmptyText
from simulator.shop.orders import PlacedOrder


class NotificationTemplate(Struct, frozen=True):
    """Notification text; the body may use ``{number}``, ``{total}``, ``{city}``, ``{tracking}``."""

    title: str
    body: str
    icon: str
    priority: Priority = Priority.NORMAL


_TEMPLATES = {
    OrderStatus.PENDING: NotificationTemplate(
        "Замовлення прийнято",
        "Дякуємо! Замовлення {number} на {total} грн чекає на оплату.",
        "cart",
    ),
    OrderStatus.PAID: NotificationTemplate(
        "Оплату отримано", "Ми отримали {total} грн за замовлення {number}.", "credit-card"
    ),
    OrderStatus.PAYMENT_FAILED: NotificationTemplate(
        "Оплата не пройшла",
        "Банк відхилив платіж за замовлення {number}. Спробуйте ще раз або іншу картку.",
        "alert",
        Priority.HIGH,
    ),
    OrderStatus.PROCESSING: NotificationTemplate(
        "Замовлення комплектується", "Склад уже збирає замовлення {number}.", "box", Priority.LOW
    ),
    OrderStatus.SHIPPED: NotificationTemplate(
        "Замовлення в дорозі",
        "Замовлення {number} прямує до міста {city}, накладна {tracking}.",
        "truck",
    ),
    OrderStatus.DELIVERED: NotificationTemplate(
        "Замовлення отримано", "Замовлення {number} у вас. Гарних покупок!", "check"
    ),
    OrderStatus.CANCELLED: NotificationTemplate(
        "Замовлення скасовано", "Замовлення {number} скасовано.", "x", Priority.HIGH
    ),
    OrderStatus.REFUNDED: NotificationTemplate(
        "Кошти повернено", "Ми повернули {total} грн за замовлення {number}.", "refresh"
    ),
}


class Announcement(Struct, frozen=True, forbid_unknown_fields=True):
    """An announcement to all customers."""

    title: NonEmptyText
    body: NonEmptyText
    action_url: Annotated[str, Meta(pattern="^/")]
    icon: NonEmptyText
    priority: Priority


class _AnnouncementsFile(Struct, frozen=True, forbid_unknown_fields=True):
    announcements: Annotated[tuple[Announcement, ...], Meta(min_length=1)]


def load_announcements() -> tuple[Announcement, ...]:
    """Load the announcements of the data file.

    Raises:
        InvalidDataFile: the file is invalid.
    """
    name = "announcements.toml"
    return parse_toml(name, read_text(name), _AnnouncementsFile).announcements


def order_notification(order: PlacedOrder, *, id: str, at: datetime) -> NotificationPayload:
    """Return the notification for the current status of an order."""
    template = _TEMPLATES[order.status]
    body = template.body.format(
        number=order.order.number,
        total=order.order.total,
        city=order.city,
        tracking=order.tracking_number,
    )
    return NotificationPayload(
        id=id,
        title=template.title,
        body=body,
        action_url=f"/orders/{order.order.id}",
        icon=template.icon,
        priority=template.priority,
        created_at=at,
    )


def announcement_notification(
    announcement: Announcement, *, id: str, at: datetime
) -> NotificationPayload:
    """Return the notification of an announcement."""
    return NotificationPayload(
        id=id,
        title=announcement.title,
        body=announcement.body,
        action_url=announcement.action_url,
        icon=announcement.icon,
        priority=announcement.priority,
        created_at=at,
    )
