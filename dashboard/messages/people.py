"""Who published a message, and which users it is about.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from common.text_markers import N_
from dashboard.messages import fields
from dashboard.state.channels import EVERYONE_KIND, kind_of
from dashboard.state.message_log import LoggedMessage
from protocol.channels import ChannelKind

MAX_USERS = 3  # of one message
ANNOUNCEMENTS = N_("Announcements")
PUBLISHERS: Mapping[str, str] = {  # parts of the shop, by the type of their messages
    "cart_update": N_("Carts"),
    "order_update": N_("Orders"),
    "new_order": N_("Orders"),
    "notification": N_("Notifications"),
    "customer_activity": N_("Visits"),
    "inventory_alert": N_("Stock"),
}


class UserRef(Struct, frozen=True):
    """A user's id and name; the name is empty if the message has none."""

    id: str
    name: str = ""


def author_of(message: LoggedMessage) -> UserRef | None:
    """Return who wrote a chat message; None for other messages, which have no sender."""
    said = fields.payload_of(message).get("message")
    if not isinstance(said, dict) or not isinstance(said.get("sender_id"), str):
        return None
    return UserRef(said["sender_id"], _text(said.get("sender_name")))


def users_of(message: LoggedMessage) -> list[UserRef]:
    """Return the users that a message is about: its channel's, customers, the author."""
    found: dict[str, UserRef] = {}
    kind, _, key = message.channel.partition(":")
    if kind == ChannelKind.USER:
        found[key] = UserRef(key)
    if author := author_of(message):
        found[author.id] = author
    stack: list[Any] = [fields.payload_of(message)]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, dict):
            customer = value.get("customer")
            if isinstance(customer, dict) and isinstance(customer.get("id"), str):
                found[customer["id"]] = UserRef(customer["id"], _text(customer.get("name")))
            stack.extend(value.values())
    return [*found.values()][:MAX_USERS]


def publisher_of(message: LoggedMessage) -> str:
    """Return the part of the shop that publishes such messages; empty if the type tells nothing.

    A message names no publisher.  As on the Map, a message to all is an announcement.
    """
    if kind_of(message.channel) in (EVERYONE_KIND, ChannelKind.PUBLIC):
        return ANNOUNCEMENTS
    return PUBLISHERS.get(message.type, "")


def is_from_monitor(message: LoggedMessage) -> bool:
    """Tell whether the server itself made a message, as a report on its traffic."""
    return kind_of(message.channel) == ChannelKind.MONITOR


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
