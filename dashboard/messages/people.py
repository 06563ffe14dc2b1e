"""Who published a message, and which users it is about.  Pure."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dashboard.messages import fields
from dashboard.state.channels import kind_of
from dashboard.state.message_log import LoggedMessage
from protocol.channels import ChannelKind

MAX_USERS = 3  # of one message


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


def is_from_monitor(message: LoggedMessage) -> bool:
    """Tell whether the server itself made a message, as a report on its traffic."""
    return kind_of(message.channel) == ChannelKind.MONITOR


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
