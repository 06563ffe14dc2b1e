"""Texts of notifications: on orders, on scenarios, and announcements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from protocol.event_payloads import NotificationPayload, OrderStatus, Priority
from protocol.simulator_api import ScenarioPhase, ShopLanguage
from simulator.data_files import InvalidDataFile, parse_toml, read_text
from simulator.shop.catalogue import NonEmptyText
from simulator.shop.orders import PlacedOrder


class NotificationTemplate(Struct, frozen=True, forbid_unknown_fields=True):
    """A notification whose body has names in braces."""

    title: NonEmptyText
    body: NonEmptyText
    icon: NonEmptyText
    priority: Priority = Priority.NORMAL

    def notification(
        self, *, id: str, at: datetime, body: str, action_url: str | UnsetType = UNSET
    ) -> NotificationPayload:
        """Return a notification with this body."""
        return NotificationPayload(
            id=id,
            title=self.title,
            body=body,
            action_url=action_url,
            icon=self.icon,
            priority=self.priority,
            created_at=at,
        )


class TrackingTexts(Struct, frozen=True, forbid_unknown_fields=True):
    """Tracking statuses: ``{city}`` in transit, ``{branch}`` at the branch."""

    in_transit: NonEmptyText
    at_branch: NonEmptyText
    delivered: NonEmptyText
    delayed: NonEmptyText


class ScenarioTexts(Struct, frozen=True, forbid_unknown_fields=True):
    """Notifications on scenarios: titles with ``{title}``, and the body of an end."""

    started: NonEmptyText
    finished: NonEmptyText
    stopped: NonEmptyText
    back_to_normal: NonEmptyText

    def title(self, phase: ScenarioPhase, title: str) -> str:
        """Return the title of the notification on a phase of the scenario with this title."""
        templates = {
            ScenarioPhase.STARTED: self.started,
            ScenarioPhase.FINISHED: self.finished,
            ScenarioPhase.STOPPED: self.stopped,
        }
        return templates[phase].format(title=title)


class NotificationTexts(Struct, frozen=True, forbid_unknown_fields=True):
    """All texts of the file, in one language.

    ``orders`` by their new status, with ``{number}``, ``{total}``, ``{city}`` and ``{tracking}``.
    ``sale`` has ``{percent}`` and ``{products}``; ``catalogue`` is one line of a product, with
    ``{name}`` and ``{price}``.
    """

    orders: dict[OrderStatus, NotificationTemplate]
    tracking: TrackingTexts
    scenarios: ScenarioTexts
    sale: NotificationTemplate
    strike: NotificationTemplate
    catalogue: NotificationTemplate


class Announcement(Struct, frozen=True, forbid_unknown_fields=True):
    """An announcement to all customers."""

    title: NonEmptyText
    body: NonEmptyText
    action_url: Annotated[str, Meta(pattern="^/")]
    icon: NonEmptyText
    priority: Priority


class _AnnouncementsFile(Struct, frozen=True, forbid_unknown_fields=True):
    announcements: Annotated[tuple[Announcement, ...], Meta(min_length=1)]


def load_announcements(language: ShopLanguage) -> tuple[Announcement, ...]:
    """Load the announcements of the data file.

    Raises:
        InvalidDataFile: the file is invalid.
    """
    name = "announcements.toml"
    return parse_toml(name, read_text(name), _AnnouncementsFile, language).announcements


def load_notification_texts(language: ShopLanguage) -> NotificationTexts:
    """Load the texts of the data file.

    Raises:
        InvalidDataFile: the file is invalid.
    """
    return parse_notification_texts(read_text("notifications.toml"), language)


def parse_notification_texts(text: str, language: ShopLanguage) -> NotificationTexts:
    """Parse the text of the notifications' file.

    Raises:
        InvalidDataFile: the text is invalid, lacks a status, or has an unknown name in braces.
    """
    texts = parse_toml("notifications.toml", text, NotificationTexts, language)
    if missing := [status for status in OrderStatus if status not in texts.orders]:
        raise InvalidDataFile(f"notifications.toml: no text on orders that are {missing[0]}")
    for template, names in _templates(texts):
        try:
            template.format_map(dict.fromkeys(names, ""))
        except (KeyError, IndexError, ValueError):
            raise InvalidDataFile(
                f"notifications.toml: {template!r} may use {', '.join(names)} in braces"
            ) from None
    return texts


def _templates(texts: NotificationTexts) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each template with the names that it may use."""
    for order in texts.orders.values():
        yield order.body, ("number", "total", "city", "tracking")
    yield texts.tracking.in_transit, ("city",)
    yield texts.tracking.at_branch, ("branch",)
    for title in (texts.scenarios.started, texts.scenarios.finished, texts.scenarios.stopped):
        yield title, ("title",)
    yield texts.sale.body, ("percent", "products")
    yield texts.catalogue.body, ("name", "price")


def order_notification(
    texts: NotificationTexts, order: PlacedOrder, *, id: str, at: datetime
) -> NotificationPayload:
    """Return the notification for the current status of an order."""
    template = texts.orders[order.status]
    body = template.body.format(
        number=order.order.number,
        total=order.order.total,
        city=order.city,
        tracking=order.tracking_number,
    )
    return template.notification(id=id, at=at, body=body, action_url=f"/orders/{order.order.id}")


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
