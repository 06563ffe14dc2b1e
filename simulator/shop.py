"""The shop as a discrete-event model: advances to a given time and returns its events.

Pure: no sockets, files or clocks; all randomness comes from the seed.  The same configuration and
the same commands at the same times give the same events, whatever the steps.
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
    """One run of the shop; components may be read, but only its methods change them.

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
        """Virtual seconds since the start."""
        return self.now - self._desk.anchor

    @property
    def rate(self) -> float:
        """Target mean of publications per virtual second."""
        return self._desk.rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._desk.rate = rate
        self._adapt(self.elapsed)

    def step(self, now: float) -> list[Happening]:
        """Advance to ``now`` (seconds since the epoch); return the events.

        An earlier ``now`` than the last one has no effect.
        """
        self.now = max(self.now, now)
        for at, action in self._desk.agenda.due(self.elapsed):
            action(at)
        return self._desk.empty_tray()

    def do(self, command: ShopCommand) -> PlacedOrder | int | None:
        """Execute a command now; its events are returned by the next step.

        Raises:
            Refused: it cannot be done, and nothing has happened.
        """
        return self._manager.do(command, self.elapsed)

    def skip(self, seconds: float) -> None:
        """Skip time in which nothing happens, as when the machine was suspended."""
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
