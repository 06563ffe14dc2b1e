"""Transitions of orders: next status, delay and probability.

A typical order is delivered one to four minutes after it was placed, so that a viewer sees it
change within a minute.
"""

from __future__ import annotations

from random import Random

from msgspec import Struct

from protocol.events import OrderStatus
from simulator.desk import Span
from simulator.orders import PlacedOrder


class Way(Struct, frozen=True):
    """A possible next status, its delay and its probability in percent."""

    to: OrderStatus
    takes_s: Span
    chance: int


WAYS: dict[OrderStatus, tuple[Way, ...]] = {
    OrderStatus.PENDING: (
        Way(OrderStatus.PAID, (5, 20), 90),
        Way(OrderStatus.PAYMENT_FAILED, (5, 15), 7),
        Way(OrderStatus.CANCELLED, (10, 30), 3),
    ),
    OrderStatus.PAYMENT_FAILED: (
        Way(OrderStatus.PAID, (10, 30), 70),
        Way(OrderStatus.CANCELLED, (15, 40), 30),
    ),
    OrderStatus.PAID: (
        Way(OrderStatus.PROCESSING, (8, 25), 97),
        Way(OrderStatus.CANCELLED, (8, 25), 3),
    ),
    OrderStatus.PROCESSING: (
        Way(OrderStatus.SHIPPED, (10, 35), 99),
        Way(OrderStatus.CANCELLED, (10, 30), 1),
    ),
    OrderStatus.DELIVERED: (Way(OrderStatus.REFUNDED, (30, 90), 4),),
    OrderStatus.CANCELLED: (Way(OrderStatus.REFUNDED, (10, 30), 100),),
}
"""By status, the usual transition first; the rest to 100 % is the probability that the order
stays as it is.

A shipped parcel first arrives at its branch, then is delivered: see ``Fulfilment``.
"""
TO_BRANCH: Span = (20, 70)
TO_HANDS: Span = (20, 80)
MISHAPS = frozenset({OrderStatus.PAYMENT_FAILED, OrderStatus.CANCELLED})

HAPPY = {
    OrderStatus.PENDING: OrderStatus.PAID,
    OrderStatus.PAYMENT_FAILED: OrderStatus.PAID,
    OrderStatus.PAID: OrderStatus.PROCESSING,
    OrderStatus.PROCESSING: OrderStatus.SHIPPED,
    OrderStatus.SHIPPED: OrderStatus.DELIVERED,
}
"""The next status if nothing fails."""


def _news_a_second() -> dict[OrderStatus, float]:
    # A status change makes three publications, a tracking change only two.
    news = {
        status: 3 / sum(way.chance / 100 * sum(way.takes_s) / 2 for way in WAYS[status])
        for status in HAPPY
        if status in WAYS
    }
    return {**news, OrderStatus.SHIPPED: 5 / (sum(TO_BRANCH) / 2 + sum(TO_HANDS) / 2)}


NEWS_A_SECOND = _news_a_second()
"""Mean publications per virtual second of an order in this status."""


def choose(order: PlacedOrder, mishaps: float, draw: Random) -> Way | None:
    """Sample the next transition, with failures ``mishaps`` times as likely; None: no more."""
    ways = WAYS.get(order.status, ())
    if not ways or (order.status is OrderStatus.CANCELLED and not order.paid_at):
        return None
    usual, *others = ways
    mark = draw.uniform(0, 100)
    for way in others:
        mark -= way.chance * (mishaps if way.to in MISHAPS else 1.0)
        if mark < 0:
            return way
    # The usual transition has the remaining probability.
    return usual if others or mark < usual.chance else None
