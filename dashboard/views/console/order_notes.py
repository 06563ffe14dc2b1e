"""Notes on an order that a message names: whose it is, and that it is finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from common.text_markers import N_
from dashboard import dependencies
from dashboard.i18n.translate import _
from dashboard.personas import Persona
from dashboard.ui import theme
from dashboard.views.console import template_order

OF_ANOTHER = N_(
    "Order {number} is another customer's: only that customer and the shop's staff may subscribe."
)
FINISHED = N_("Order {number} is finished ({status}): the shop sends no more updates of it.")
RECOVERABLE = N_(
    "Order {number} is finished ({status}): no new updates are expected, but missed ones can still "
    "be recovered."
)


def order_note(messages: Sequence[Mapping[str, Any]], persona: Persona) -> str:
    """Return what to know of the order in the messages; empty if there is nothing.

    For a subscription by a customer that the order is not of, that; else that it is finished.
    """
    orders = dependencies.feed().snapshot().orders
    if not persona.is_staff:
        foreign = template_order.foreign_order(messages, orders, persona.user_id)
        if foreign is not None:
            return _(OF_ANOTHER).format(number=foreign.number)
    order = template_order.finished_order(messages, orders)
    if order is None:
        return ""
    words = _(RECOVERABLE if template_order.asks_to_recover(messages) else FINISHED)
    return words.format(number=order.number, status=theme.display_name(order.status))
