"""Real time: the shop keeps up with the clock, and never makes up for a night's sleep."""

import pytest

from protocol.publications import Draft
from simulator.desk import Asks
from simulator.runner import LONGEST_CATCH_UP_S, Runner


class Clock:
    """Stands still until it is told."""

    def __init__(self):
        self.now = 500.0

    def __call__(self):
        return self.now


class Taker:
    """Takes publications and questions."""

    def __init__(self, has_room=True):
        self.drafts, self.questions, self.has_room = [], [], has_room

    def put(self, draft):
        self.drafts.append(draft)
        return self.has_room

    def ask(self, customer, topic):
        self.questions.append((customer.id, topic))


@pytest.fixture
def run(open_shop):
    """Run a shop for the given pauses; return the shop and what was taken."""

    def run_(*pauses, has_room=True):
        shop, clock, taker = open_shop(started_at=1000.0), Clock(), Taker(has_room)
        runner = Runner(shop, taker, taker, clock)
        for pause in pauses:
            clock.now += pause
            runner.tick()
        return shop, taker

    return run_


def test_hands_on_all_that_happens(run, open_shop):
    shop, taker = run(*[0.5] * 60)
    happenings = open_shop(started_at=1000.0).step(1030.0)

    assert shop.now == pytest.approx(1030)
    assert taker.drafts == [h for h in happenings if isinstance(h, Draft)]
    assert taker.questions == [(h.customer.id, h.topic) for h in happenings if isinstance(h, Asks)]
    assert taker.questions


def test_passes_over_a_long_pause(run):
    """
    The shop's clock is right again afterwards, but only seconds were lived through.
    """
    shop, taker = run(*[0.5] * 60, 3600)
    _, awake = run(*[0.5] * 60, LONGEST_CATCH_UP_S)

    assert shop.now == pytest.approx(1030 + 3600)
    assert len(taker.drafts) == len(awake.drafts)


def test_goes_on_when_nobody_takes_its_publications(run):
    _, refused = run(*[0.5] * 60, has_room=False)
    _, taken = run(*[0.5] * 60)

    assert refused.drafts == taken.drafts
