"""Arrival rate of customers that keeps the publication rate at its target.

Most publications of a visit follow later, from its order.  So the arrival rate is the target minus
what the current orders will publish: the rate holds 15 s after the start or a change.
"""

from __future__ import annotations

from collections.abc import Mapping

from protocol.event_payloads import OrderStatus
from simulator.shop.order_transitions import PUBLICATION_RATE_BY_STATUS

MEAN_VISIT_S = 19.7
"""Mean length of a visit."""
PUBLICATION_RATE_PER_VISITOR = 0.458
"""Mean publications per second of one visitor: arrival, cart, new order, departure."""
PUBLICATIONS_PER_VISIT = 20.1
"""Mean publications of one visit in total, including its order."""
CORRECTION_TIME_S = 8.0
"""Time constant of the correction."""
MIN_SHARE_OF_BASE = 0.2
"""Minimum share of the base rate, so that a lower target does not stop all visits."""


def base_arrival_rate(rate: float) -> float:
    """Return the mean arrivals per virtual second for ``rate`` publications, without correction."""
    return rate / PUBLICATIONS_PER_VISIT


def arrival_rate(
    rate: float, active_visitors: int, orders_by_status: Mapping[OrderStatus, int]
) -> float:
    """Return the mean arrivals per virtual second, of a Poisson process, for ``rate`` publications.

    The means above were measured over hours of virtual time, and a test checks them.
    """
    from_orders = sum(
        order_rate * orders_by_status.get(status, 0)
        for status, order_rate in PUBLICATION_RATE_BY_STATUS.items()
    )
    target_visitors = max(0.0, rate - from_orders) / PUBLICATION_RATE_PER_VISITOR
    correction = (target_visitors - active_visitors) / CORRECTION_TIME_S
    arrivals = target_visitors / MEAN_VISIT_S + correction
    return max(MIN_SHARE_OF_BASE * base_arrival_rate(rate), arrivals)
