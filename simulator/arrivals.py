"""How often customers must come for the shop to publish as much as it should.

Most of what a visit leads to comes later, while its order is on its way.  So the shop looks at the
orders that it has, knows what news they will bring, and lets in as many people as make up for
what is missing: the rate is kept from the first quarter of a minute on, and soon after a change.
"""

from __future__ import annotations

from collections.abc import Mapping

from protocol.events import OrderStatus
from simulator.ways import NEWS_A_SECOND

VISIT_S = 19.7
"""Mean length of a visit."""
OF_A_VISITOR = 0.458
"""Mean publications a second of one visitor: coming, the cart, the new order, leaving."""
OF_A_VISIT_IN_ALL = 20.1
"""Mean publications that one visit leads to in the end, with all the news of its order."""
MADE_UP_IN_S = 8.0
"""How soon the shop has as many visitors as it should."""
LEAST = 0.2
"""The part of the usual visits that comes at any rate, or a change of mind would close the shop."""


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
