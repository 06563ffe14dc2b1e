"""Arrival rate of customers that keeps the publication rate at its target.

Most publications of a visit follow later, from its order.  So the arrival rate is the target minus
what the current orders will publish: the rate holds 15 s after the start or a change.
"""

from __future__ import annotations

from collections.abc import Mapping

from protocol.events import OrderStatus
from simulator.ways import NEWS_A_SECOND

VISIT_S = 19.7
"""Mean length of a visit."""
OF_A_VISITOR = 0.458
"""Mean publications per second of one visitor: arrival, cart, new order, departure."""
OF_A_VISIT_IN_ALL = 20.1
"""Mean publications of one visit in total, including its order."""
MADE_UP_IN_S = 8.0
"""Time constant of the correction."""
LEAST = 0.2
"""Minimum share of the base rate, so that a lower target does not stop all visits."""


def usual_visits_a_second(rate: float) -> float:
    """Return the mean where nothing out of the ordinary happens, for ``rate`` publications."""
    return rate / OF_A_VISIT_IN_ALL


def visits_a_second(rate: float, inside: int, orders: Mapping[OrderStatus, int]) -> float:
    """Return the mean, of a Poisson process, for ``rate`` publications a virtual second.

    ``inside`` is how many visitors there are, ``orders`` how many orders in each status.  The means
    above were measured over hours of virtual time; a test holds them to it.
    """
    of_orders = sum(news * orders.get(status, 0) for status, news in NEWS_A_SECOND.items())
    wanted = max(0.0, rate - of_orders) / OF_A_VISITOR
    visits = wanted / VISIT_S + (wanted - inside) / MADE_UP_IN_S
    return max(LEAST * usual_visits_a_second(rate), visits)
