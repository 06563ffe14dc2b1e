"""The order in the templates, and what is to be said of an order in a message.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.state.orders import TrackedOrder

ORDER_PREFIX = "order:"


def choose_order(
    orders: Sequence[TrackedOrder], customer_id: str, kept_id: str
) -> TrackedOrder | None:
    """Return the order that templates name; None if there is no order.

    An order of the customer if there is one, and of these the newest that further updates are
    expected of.  The order ``kept_id`` is kept while they are.

    Args:
        orders: the known orders, newest first.
        customer_id: the persona's user id; empty if it has no orders.
        kept_id: the id of the order that was chosen before.
    """
    candidates = [each for each in orders if each.customer_id == customer_id] or orders
    live = [each for each in candidates if each.is_open]
    kept = (each for each in live if each.id == kept_id)
    return next(iter((*kept, *live, *candidates)), None)


def finished_order(
    messages: Sequence[Mapping[str, Any]], orders: Sequence[TrackedOrder]
) -> TrackedOrder | None:
    """Return the order that the messages name, if no further updates are expected of it."""
    ids = {id for message in messages for id in _order_ids(message)}
    return next((each for each in orders if each.id in ids and not each.is_open), None)


def foreign_order(
    messages: Sequence[Mapping[str, Any]], orders: Sequence[TrackedOrder], customer_id: str
) -> TrackedOrder | None:
    """Return the order that a message subscribes to, if it is known to be another customer's."""
    ids = {id for each in messages if each.get("type") == "subscribe" for id in _order_ids(each)}
    others = (each for each in orders if each.customer_id not in ("", customer_id))
    return next((each for each in others if each.id in ids), None)


def asks_to_recover(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a message has ``since`` and no message has ``recovered``, the reply to it."""
    payloads = [each.get("payload") for each in messages]
    names = {name for each in payloads if isinstance(each, Mapping) for name in each}
    return "since" in names and "recovered" not in names


def _order_ids(message: Mapping[str, Any]) -> list[str]:
    payload = message.get("payload")
    parts = [message, payload] if isinstance(payload, dict) else [message]
    channels = [part.get("channel") for part in parts]
    named = [part.get("order_id") for part in parts]
    return [
        *(text.removeprefix(ORDER_PREFIX) for text in channels if isinstance(text, str)),
        *(text for text in named if isinstance(text, str)),
    ]
