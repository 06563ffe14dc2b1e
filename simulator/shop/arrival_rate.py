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
    """Return the mean where nothing out of the ordinary happens, for ``rate`` publications."""
    return rate / PUBLICATIONS_PER_VISIT


def arrival_rate(
    rate: float, active_visitors: int, orders_by_status: Mapping[OrderStatus, int]
) -> float:
    """Return the mean, of a Poisson process, for ``rate`` publications a virtual second.

    ``inside`` is how many visitors there are, ``orders`` how many orders in each status.  The means
    above were measured over hours of virtual time; a test holds them to it.
    """
    of_orders = sum(
        news * orders_by_status.get(status, 0)
        for status, news in PUBLICATION_RATE_BY_STATUS.items()
    )
    wanted = max(0.0, rate - of_orders) / PUBLICATION_RATE_PER_VISITOR
    visits = wanted / MEAN_VISIT_S + (wanted - active_visitors) / CORRECTION_TIME_S
    return max(MIN_SHARE_OF_BASE * base_arrival_rate(rate), visits)
