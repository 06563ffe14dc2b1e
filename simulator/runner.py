"""Real time for the shop: steps it several times a second and hands on what happens.

The shop goes on whether or not there is a server: what cannot be sent waits in the publisher's
buffer, and is dropped and counted when that is full.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, assert_never

from protocol.publications import Draft
from simulator.customers import Customer
from simulator.desk import Asks
from simulator.shop import Shop

TICK_S = 0.1
LONGEST_CATCH_UP_S = 5.0
"""After a longer pause (the machine slept) the rest of it is passed over."""


class TakesPublications(Protocol):
    """What the runner asks of a publisher."""

    def put(self, draft: Draft) -> bool:
        """Take a publication without waiting; False if there was no room for it."""


class TakesQuestions(Protocol):
    """What the runner asks of the customers who are present."""

    def ask(self, customer: Customer, topic: str) -> None:
        """Have a customer open a support conversation."""


class Runner:
    """Keeps one shop going; ``clock`` is monotonic, in seconds."""

    def __init__(
        self,
        shop: Shop,
        publications: TakesPublications,
        questions: TakesQuestions,
        clock: Callable[[], float],
    ) -> None:
        self._shop, self._publications, self._questions = shop, publications, questions
        self._clock = clock
        self._last = clock()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()

    def tick(self) -> None:
        """Let the shop catch up with the clock."""
        now = self._clock()
        passed, self._last = now - self._last, now
        caught_up = min(passed, LONGEST_CATCH_UP_S)
        self._shop.skip(passed - caught_up)
        for happening in self._shop.step(self._shop.now + caught_up):
            match happening:
                case Draft():
                    self._publications.put(happening)
                case Asks(customer=customer, topic=topic):
                    self._questions.ask(customer, topic)
                case _:
                    assert_never(happening)
