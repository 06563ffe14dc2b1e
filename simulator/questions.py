"""Generates support questions of connected customers, independent of the rate."""

from __future__ import annotations

from protocol.events import Activity, CustomerActive
from protocol.messages import CustomerActivity
from simulator.agenda import Plan
from simulator.happenings import Asks
from simulator.house import House

FIRST_S, APART_S = 5.0, 40.0
"""Mean times, in virtual seconds."""


class Questions:
    """Schedules questions; none without connected customers."""

    def __init__(self, house: House) -> None:
        self._house, self._desk = house, house.desk
        self._next: Plan | None = None
        if self._desk.start.present:
            self._next = self._desk.agenda.at(FIRST_S, self._ask)

    def adapt(self, at: float) -> None:
        """Reschedule after a change of the active scenarios."""
        if self._next is not None:
            self._next.call_off()
            self._expect(at)

    def _expect(self, at: float) -> None:
        often = self._house.stage.questions / APART_S
        pause = self._desk.draw.expovariate(often)
        self._next = self._desk.agenda.at(at + pause, self._ask)

    def _ask(self, at: float) -> None:
        draw, premises = self._desk.draw, self._house.premises
        customer = premises.people.customer(draw.randint(1, self._desk.start.present))
        self._desk.have(Asks(customer, draw.choice(premises.script.topics).name))
        active = CustomerActive(customer.person, Activity.CHAT, self._desk.moment(at))
        self._desk.to_staff(CustomerActivity(payload=active))
        self._expect(at)
