"""Transitions of orders: next status, delay and probability.

A typical order is delivered one to four minutes after it was placed, so that a viewer sees it
change within a minute.
"""

from __future__ import annotations

from random import Random

from msgspec import Struct

from protocol.event_payloads import OrderStatus
from simulator.shop.orders import PlacedOrder
from simulator.shop.simulation_context import DurationRange


class Transition(Struct, frozen=True):
    """A possible next status, its delay and its probability in percent."""

    to: OrderStatus
    duration_s: DurationRange
    percent: int


TRANSITIONS: dict[OrderStatus, tuple[Transition, ...]] = {
    OrderStatus.PENDING: (
        Transition(OrderStatus.PAID, (5, 20), 90),
        Transition(OrderStatus.PAYMENT_FAILED, (5, 15), 7),
        Transition(OrderStatus.CANCELLED, (10, 30), 3),
    ),
    OrderStatus.PAYMENT_FAILED: (
        Transition(OrderStatus.PAID, (10, 30), 70),
        Transition(OrderStatus.CANCELLED, (15, 40), 30),
    ),
    OrderStatus.PAID: (
        Transition(OrderStatus.PROCESSING, (8, 25), 97),
        Transition(OrderStatus.CANCELLED, (8, 25), 3),
    ),
    OrderStatus.PROCESSING: (
        Transition(OrderStatus.SHIPPED, (10, 35), 99),
        Transition(OrderStatus.CANCELLED, (10, 30), 1),
    ),
    OrderStatus.DELIVERED: (Transition(OrderStatus.REFUNDED, (30, 90), 4),),
    OrderStatus.CANCELLED: (Transition(OrderStatus.REFUNDED, (10, 30), 100),),
}
"""By status, the usual transition first; what is missing to 100 % is the probability that the
order keeps its status.

A shipped parcel arrives at its branch before it is delivered: see ``Fulfilment``.
"""
TRANSIT_TO_BRANCH: DurationRange = (20, 70)
BRANCH_TO_CUSTOMER: DurationRange = (20, 80)
FAILURES = frozenset({OrderStatus.PAYMENT_FAILED, OrderStatus.CANCELLED})

HAPPY_PATH = {
    OrderStatus.PENDING: OrderStatus.PAID,
    OrderStatus.PAYMENT_FAILED: OrderStatus.PAID,
    OrderStatus.PAID: OrderStatus.PROCESSING,
    OrderStatus.PROCESSING: OrderStatus.SHIPPED,
    OrderStatus.SHIPPED: OrderStatus.DELIVERED,
}
"""The next status if nothing fails."""


def _publication_rate_by_status() -> dict[OrderStatus, float]:
    # A status change makes three publications, a tracking change only two.
    rates = {
        status: 3 / sum(t.percent / 100 * sum(t.duration_s) / 2 for t in TRANSITIONS[status])
        for status in HAPPY_PATH
        if status in TRANSITIONS
    }
    return {
        **rates,
        OrderStatus.SHIPPED: 5 / (sum(TRANSIT_TO_BRANCH) / 2 + sum(BRANCH_TO_CUSTOMER) / 2),
    }


PUBLICATION_RATE_BY_STATUS = _publication_rate_by_status()
"""Mean publications per virtual second of an order in this status."""


def usual_transition(order: PlacedOrder) -> Transition | None:
    """Return the next transition if nothing happens by chance; None: none."""
    usual = TRANSITIONS.get(order.status, (None,))[0]
    if order.status is OrderStatus.CANCELLED and not order.paid_at:
        return None
    return usual if usual and usual.percent > 50 else None


def sample_transition(
    order: PlacedOrder, failure_multiplier: float, rng: Random
) -> Transition | None:
    """Draw the next transition, failures ``failure_multiplier`` times as likely; None: none."""
    transitions = TRANSITIONS.get(order.status, ())
    if not transitions or (order.status is OrderStatus.CANCELLED and not order.paid_at):
        return None
    usual, *others = transitions
    mark = rng.uniform(0, 100)
    for transition in others:
        is_failure = transition.to in FAILURES
        mark -= transition.percent * (failure_multiplier if is_failure else 1.0)
        if mark < 0:
            return transition
    # The usual transition has the remaining probability.
    return usual if others or mark < usual.percent else None
