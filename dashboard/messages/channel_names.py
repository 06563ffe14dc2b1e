"""The channels that a text names, also by the number or the id of an order.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dashboard.state.live_state import Snapshot
from protocol.channels import ChannelKind

ORDER_ID = re.compile(r"ord_\w+")
SHOP_ORDER_NUMBER = re.compile(r"ORD-([a-z0-9]+)-(\d{3,9})", re.IGNORECASE | re.ASCII)
ORDER_NUMBER = re.compile(r"ORD-[\w-]+", re.IGNORECASE)


def find_channel(text: str, orders: Iterable[tuple[str, str]]) -> str | None:
    """Return the channel that is meant, or None for the number of an unknown order.

    ``orders`` are numbers and ids, the newest first.
    """
    text = text.strip()
    if ORDER_ID.fullmatch(text):
        return f"{ChannelKind.ORDER}:{text}"
    if not ORDER_NUMBER.fullmatch(text):
        return text
    ids = (id for number, id in orders if number.casefold() == text.casefold())
    return next((f"{ChannelKind.ORDER}:{id}" for id in ids), None)


def derive_order_id(number: str) -> str | None:
    """Return the id that the simulated shop gives to an order with a number; None for others.

    The order ``ORD-ZQ0KB-099`` has the id ``ord_zq0kb_99``.
    """
    found = SHOP_ORDER_NUMBER.fullmatch(number.strip())
    return f"ord_{found[1].lower()}_{int(found[2])}" if found else None


def channels_of_orders(text: str, orders: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the channels of the orders whose number contains a text that has a hyphen.

    Without one it may be part of the channels' own names.  ``orders`` are numbers and ids.
    """
    wanted = text.strip().casefold()
    if "-" not in wanted:
        return frozenset()
    return frozenset(
        f"{ChannelKind.ORDER}:{id}" for number, id in orders if wanted in number.casefold()
    )


def order_ids(text: str, orders: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the ids of the orders that have a text as their number."""
    wanted = text.strip().casefold()
    if not ORDER_NUMBER.fullmatch(wanted):
        return ()
    return tuple(dict.fromkeys(id for number, id in orders if number.casefold() == wanted))


def known_orders(now: Snapshot) -> Iterable[tuple[str, str]]:
    """Return number and id of the orders that the workbench or the simulator knows."""
    yield from ((order.number, order.id) for order in now.orders)
    if now.shop is not None:
        yield from ((order.number, order.id) for order in now.shop.orders)
