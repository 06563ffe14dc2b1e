"""How often customers must come for the shop to publish as much as it should.

Most of what a visit leads to comes minutes later, while its order is on its way.  So a shop
without orders lets more people in, and one that has more orders on their way than its rate
allows for lets in fewer: the rate is kept from the first seconds on, and soon after a change.
"""

PUBLICATIONS_A_VISIT = 8.9
"""Mean of those at once: coming, the cart, the order, leaving."""
PUBLICATIONS_A_LIVE_ORDER_S = 0.097
"""Mean of the news of one order, a virtual second."""
LEAST = 0.2
"""The part of the visits that comes at any rate, or a change of mind would close the shop."""


PUBLICATIONS_IN_ALL = 20.1
"""Mean of those that one visit leads to in the end, with all the news of its order."""


def usual_visits_a_second(rate: float) -> float:
    """Return the mean where nothing out of the ordinary happens, for ``rate`` publications."""
    return rate / PUBLICATIONS_IN_ALL


def visits_a_second(rate: float, live_orders: int) -> float:
    """Return the mean, of a Poisson process, for ``rate`` publications a virtual second.

    The means above were measured over hours of virtual time; a test holds them to it.
    """
    for_visits = max(rate * LEAST, rate - live_orders * PUBLICATIONS_A_LIVE_ORDER_S)
    return for_visits / PUBLICATIONS_A_VISIT
