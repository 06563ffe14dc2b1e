"""How long an order's news took to each of two sockets, and how far apart they heard it.  Pure.

What both heard is one message with one stamp of the server, so the stamps pair them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from protocol.channels import Channel, Kind

Heard = tuple[float, Mapping[str, Any]]
"""When a message arrived, in seconds since the epoch by our clock, and the whole message."""


class News(Struct, frozen=True, kw_only=True):
    """One update of an order: its stamp, and when it came to the customer and to the shop.

    All in seconds since the epoch; None where that socket did not hear it as it was sent.
    """

    status: str
    tracking_status: str
    stamped_at: float
    customer_at: float | None
    shop_at: float | None

    @property
    def customer_ms(self) -> float | None:
        """Milliseconds from the server's stamp to the customer's socket."""
        return _ms(self.stamped_at, self.customer_at)

    @property
    def shop_ms(self) -> float | None:
        """Milliseconds from the server's stamp to the shop's socket."""
        return _ms(self.stamped_at, self.shop_at)

    @property
    def apart_ms(self) -> float | None:
        """Milliseconds by which the shop heard it after the customer; negative: before."""
        return _ms(self.customer_at, self.shop_at)


class _Update(Struct, frozen=True, order=True):
    stamp: str
    status: str
    tracking_status: str


def news(customer: Iterable[Heard], shop: Iterable[Heard], order_id: str) -> list[News]:
    """Pair what two sockets heard of an order; newest first."""
    told, seen = _arrivals(customer, order_id), _arrivals(shop, order_id)
    return [
        News(
            status=update.status,
            tracking_status=update.tracking_status,
            stamped_at=datetime.fromisoformat(update.stamp).timestamp(),
            customer_at=told.get(update),
            shop_at=seen.get(update),
        )
        for update in sorted({*told, *seen}, reverse=True)
    ]


def _arrivals(heard: Iterable[Heard], order_id: str) -> dict[_Update, float | None]:
    """Return each update with when it first came; None for one repeated to a late comer."""
    channel = str(Channel(Kind.ORDER, order_id))
    found: dict[_Update, float | None] = {}
    joined = ""
    for at, message in heard:
        payload, stamp = message.get("payload", {}), message.get("timestamp", "")
        match message.get("type"):
            case "subscribed" if payload.get("channel") == channel:
                joined = stamp
            case "order_update" if payload.get("order_id") == order_id and stamp:
                update = _Update(stamp, payload["status"], payload.get("tracking_status", ""))
                found.setdefault(update, at if stamp >= joined else None)
    return found


def _ms(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else 1000 * (end - start)
