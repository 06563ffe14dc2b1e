"""A note on an order that is finished, where a message names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import dependencies
from dashboard.i18n.translate import _
from dashboard.ui import theme
from dashboard.views.console.template_order import finished_order


def finished_note(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence if the messages name an order without further updates; else nothing."""
    order = finished_order(messages, dependencies.feed().snapshot().orders)
    if order is None:
        return ""
    words = _("Order {number} is finished ({status}): the shop sends no more updates of it.")
    return words.format(number=order.number, status=theme.display_name(order.status))
