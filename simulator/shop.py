"""The whole shop as a model: told what time it is, it says what has happened.

Knows no socket, no file and no clock; all its chance comes from its seed.  The same start, the same
catalogue and the same commands at the same times give the same happenings, however the time is cut
into steps.
"""

from __future__ import annotations

from protocol.channels import Channel, Kind
from protocol.messages import Notification
from simulator.commands import ShopCommand
from simulator.desk import Start
from simulator.director import Director
from simulator.happenings import Happening
from simulator.house import House, Premises
from simulator.manager import Manager
from simulator.notices import to_everybody
from simulator.orders import PlacedOrder
from simulator.questions import Questions
from simulator.visits import Visits

FIRST_ANNOUNCEMENT_S, ANNOUNCEMENTS_APART_S = 8.0, 75.0
"""Mean times, in virtual seconds, whatever the rate."""


class Shop:
    """One run of the shop; its parts may be looked at, and only its methods change them.

    ``now`` is in seconds since the epoch by the shop's own clock.
    """

    def __init__(self, premises: Premises, start: Start) -> None:
        self.premises, self.start = premises, start
        self.house = House.build(premises, start)
        self.now = start.started_at
        self._visits, self._questions = Visits(self.house), Questions(self.house)
        self.director = Director(self.house, self._adapt)
        self._manager = Manager(self.house, self.director)
        self._desk = self.house.desk
        self._desk.agenda.at(FIRST_ANNOUNCEMENT_S, self._announce)

    @property
    def elapsed(self) -> float:
        """How many virtual seconds the shop has lived through."""
        return self.now - self._desk.anchor

    @property
    def rate(self) -> float:
        """The mean number of publications a virtual second that the shop aims at."""
        return self._desk.rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._desk.rate = rate
        self._adapt(self.elapsed)

    def step(self, now: float) -> list[Happening]:
        """Let the time pass until ``now`` (seconds since the epoch); return what happened.

        An earlier ``now`` than the last one lets no time pass.
        """
        self.now = max(self.now, now)
        for at, action in self._desk.agenda.due(self.elapsed):
            action(at)
        return self._desk.empty_tray()

    def do(self, command: ShopCommand) -> PlacedOrder | int | None:
        """Do what was asked for, now; what happened comes with the next step.

        Raises:
            Refused: it cannot be done, and nothing has happened.
        """
        return self._manager.do(command, self.elapsed)

    def skip(self, seconds: float) -> None:
        """Pass over time in which nothing happens, as when the machine was asleep."""
        self._desk.anchor += seconds
        self.now += seconds

    def _adapt(self, at: float) -> None:
        self._visits.adapt(at)
        self._questions.adapt(at)

    def _announce(self, at: float) -> None:
        desk, announcements = self._desk, self.premises.announcements
        count = desk.number("announcement")
        notice = to_everybody(
            announcements[(count - 1) % len(announcements)],
            id=f"announcement_{self.start.run}_{count}",
            at=desk.moment(at),
        )
        desk.publish(Channel(Kind.PUBLIC, "announcements"), Notification(payload=notice))
        pause = desk.draw.expovariate(1 / ANNOUNCEMENTS_APART_S)
        desk.agenda.at(at + pause, self._announce)
