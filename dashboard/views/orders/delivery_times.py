"""Delivery times of one order's updates on two sockets.  Pure.

Both receive the same message with the same server timestamp, which pairs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from dashboard.state.orders import TrackedOrder
from protocol.channels import Channel, ChannelKind
from protocol.event_payloads import OrderUpdatePayload
from protocol.money import decode_money

ReceivedMessage = tuple[float, Mapping[str, Any]]
"""When a message arrived, in seconds since the epoch by the dashboard's clock, and the message."""


class UpdateDelivery(Struct, frozen=True, kw_only=True):
    """One update of an order: the server's timestamp, and its arrival at customer and shop.

    All in seconds since the epoch; None where that socket did not receive it live.
    """

    status: str
    tracking_status: str
    sent_at: float
    customer_received_at: float | None
    shop_received_at: float | None

    @property
    def customer_delay_ms(self) -> float | None:
        """Milliseconds from the server's timestamp to the customer's socket."""
        return _delay_ms(self.sent_at, self.customer_received_at)

    @property
    def shop_delay_ms(self) -> float | None:
        """Milliseconds from the server's timestamp to the shop's socket."""
        return _delay_ms(self.sent_at, self.shop_received_at)

    @property
    def difference_ms(self) -> float | None:
        """Milliseconds by which the shop received it after the customer; negative: before."""
        return _delay_ms(self.customer_received_at, self.shop_received_at)


def order_as_received(
    order: TrackedOrder, received: Iterable[ReceivedMessage]
) -> TrackedOrder | None:
    """Return an order's state built only from one socket's messages.

    None while that socket has received nothing about it.  Customer and items do not change and
    are taken from ``order``.
    """
    blank = replace(
        order,
        history=(),
        tracking_number="",
        tracking_url="",
        tracking_status="",
        payment_status="",
    )
    for _, message in received:
        if _is_about(message, order.id):
            update = msgspec.convert(message["payload"], OrderUpdatePayload, dec_hook=decode_money)
            blank = blank.with_update(update, _parse_timestamp(message["timestamp"]))
    return blank if blank.history else None


class _UpdateKey(Struct, frozen=True, order=True):
    stamp: str
    status: str
    tracking_status: str


def pair_deliveries(
    customer_messages: Iterable[ReceivedMessage],
    shop_messages: Iterable[ReceivedMessage],
    order_id: str,
) -> list[UpdateDelivery]:
    """Pair the updates that two sockets received; newest first."""
    customer_times, shop_times = (
        _arrival_times(customer_messages, order_id),
        _arrival_times(shop_messages, order_id),
    )
    return [
        UpdateDelivery(
            status=update.status,
            tracking_status=update.tracking_status,
            sent_at=_parse_timestamp(update.stamp),
            customer_received_at=customer_times.get(update),
            shop_received_at=shop_times.get(update),
        )
        for update in sorted({*customer_times, *shop_times}, reverse=True)
    ]


def _arrival_times(
    received: Iterable[ReceivedMessage], order_id: str
) -> dict[_UpdateKey, float | None]:
    """Return each update's first arrival time; None if it was replayed on subscribe."""
    channel = str(Channel(ChannelKind.ORDER, order_id))
    found: dict[_UpdateKey, float | None] = {}
    joined = ""
    for at, message in received:
        if message.get("type") == "subscribed" and message["payload"].get("channel") == channel:
            joined = message.get("timestamp", "")
        elif _is_about(message, order_id):
            payload, stamp = message["payload"], message["timestamp"]
            update = _UpdateKey(stamp, payload["status"], payload.get("tracking_status", ""))
            found.setdefault(update, at if stamp >= joined else None)
    return found


def _is_about(message: Mapping[str, Any], order_id: str) -> bool:
    is_update = message.get("type") == "order_update" and "timestamp" in message
    return is_update and message["payload"].get("order_id") == order_id


def _parse_timestamp(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def _delay_ms(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else 1000 * (end - start)
