"""The shop as the tests meet it: its real data, and any start."""

import pytest

from protocol.publications import Draft
from simulator.desk import Start
from simulator.shop import Premises, Shop


@pytest.fixture(scope="session")
def premises():
    return Premises.load()


@pytest.fixture(scope="session")
def open_shop(premises):
    """Open a shop with the given start."""

    def open_(**start):
        return Shop(premises, Start(**start))

    return open_


@pytest.fixture(scope="session")
def publications_of(open_shop):
    """Return all that a shop publishes until so many seconds after its start, in order."""

    def publications(seconds, **start):
        shop = open_shop(**start)
        happenings = shop.step(shop.start.started_at + seconds)
        return [happening for happening in happenings if isinstance(happening, Draft)]

    return publications
