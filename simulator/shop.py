"""The whole shop as a model: told what time it is, it says what has happened.

Knows no socket, no file and no clock; all its chance comes from its seed.  The same start and
the same catalogue give the same happenings, however the time is cut into steps.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from protocol.channels import Channel, Kind
from protocol.events import Activity, CustomerActive
from protocol.messages import CustomerActivity, Notification
from simulator import catalogue, customers, notices, support
from simulator.catalogue import Catalogue
from simulator.customers import People
from simulator.desk import Desk, Happening, Start
from simulator.fulfilment import Fulfilment
from simulator.notices import Announcement, to_everybody
from simulator.supply import Supply
from simulator.support import Script
from simulator.visits import Visits
from simulator.warehouse import Stock

FIRST_ANNOUNCEMENT_S, ANNOUNCEMENTS_APART_S = 8.0, 75.0
FIRST_QUESTION_S, QUESTIONS_APART_S = 5.0, 40.0
"""Mean times, in virtual seconds, whatever the rate."""


class Premises(Struct, frozen=True):
    """All that is written down about the shop."""

    catalogue: Catalogue
    people: People
    announcements: Sequence[Announcement]
    script: Script

    @classmethod
    def load(cls) -> Premises:
        """Read the package's own data files.

        Raises:
            BadData: one of them is wrong, and where.
        """
        goods = catalogue.load()
        return cls(goods, customers.load(goods), notices.load(), support.load())


class Shop:
    """One day in the shop; its parts may be looked at, and only ``step`` changes them."""

    def __init__(self, premises: Premises, start: Start) -> None:
        self.premises, self.start = premises, start
        self.desk = Desk(start)
        self.now = start.started_at
        self.stock = Stock(premises.catalogue)
        supply = Supply(self.desk, premises.catalogue, self.stock)
        self.fulfilment = Fulfilment(self.desk, self.stock, supply)
        self.visits = Visits(
            self.desk, premises.people, premises.catalogue, self.stock, supply, self.fulfilment
        )
        self.desk.agenda.at(FIRST_ANNOUNCEMENT_S, self._announce)
        if start.present:
            self.desk.agenda.at(FIRST_QUESTION_S, self._ask)

    def step(self, now: float) -> list[Happening]:
        """Let the time pass until ``now`` (seconds since the epoch); return what happened.

        An earlier ``now`` than the last one lets nothing happen.
        """
        self.now = max(self.now, now)
        for at, action in self.desk.agenda.due(self.now - self.desk.anchor):
            action(at)
        return self.desk.empty_tray()

    def skip(self, seconds: float) -> None:
        """Pass over time in which nothing happens, as when the machine was asleep."""
        self.desk.anchor += seconds
        self.now += seconds

    def _announce(self, at: float) -> None:
        count = self.desk.number("announcement")
        announcements = self.premises.announcements
        notice = to_everybody(
            announcements[(count - 1) % len(announcements)],
            id=f"announcement_{self.start.run}_{count}",
            at=self.desk.moment(at),
        )
        self.desk.publish(Channel(Kind.PUBLIC, "announcements"), Notification(payload=notice))
        pause = self.desk.draw.expovariate(1 / ANNOUNCEMENTS_APART_S)
        self.desk.agenda.at(at + pause, self._announce)

    def _ask(self, at: float) -> None:
        draw = self.desk.draw
        customer = self.premises.people.customer(draw.randint(1, self.start.present))
        self.desk.ask(customer, draw.choice(self.premises.script.topics).name)
        active = CustomerActive(customer.person, Activity.CHAT, self.desk.moment(at))
        self.desk.to_staff(CustomerActivity(payload=active))
        self.desk.agenda.at(at + draw.expovariate(1 / QUESTIONS_APART_S), self._ask)
