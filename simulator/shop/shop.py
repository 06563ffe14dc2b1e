"""The shop as a discrete-event model: advances to a given time and returns its events.

Pure: no sockets, files or clocks; all randomness comes from the seed.  The same configuration and
the same commands at the same times give the same events, whatever the steps.
"""

from __future__ import annotations

from protocol.messages import Notification
from protocol.simulator_api import ShopCommand
from simulator.scenarios.manager import ScenarioManager
from simulator.shop.command_handler import CommandOutcome, ShopCommandHandler
from simulator.shop.components import ShopComponents, ShopData
from simulator.shop.notification_texts import announcement_notification
from simulator.shop.simulation_context import ANNOUNCEMENTS, RunConfig
from simulator.shop.simulation_events import SimulationEvent
from simulator.shop.support_questions import SupportQuestionGenerator
from simulator.shop.visits import VisitGenerator

FIRST_ANNOUNCEMENT_AT_S = 8.0
MEAN_ANNOUNCEMENT_INTERVAL_S = 75.0
"""In virtual seconds, whatever the rate."""


class Shop:
    """One run of the shop; components may be read, but only its methods change them.

    ``now`` is in seconds since the epoch by the shop's own clock.
    """

    def __init__(self, data: ShopData, config: RunConfig) -> None:
        self.data, self.config = data, config
        self.components = ShopComponents.build(data, config)
        self.now = config.started_at
        self._visits, self._support_questions = (
            VisitGenerator(self.components),
            SupportQuestionGenerator(self.components),
        )
        self.scenario_manager = ScenarioManager(self.components, self._reschedule)
        self._command_handler = ShopCommandHandler(self.components, self.scenario_manager)
        self._context = self.components.context
        self._context.scheduler.call_at(FIRST_ANNOUNCEMENT_AT_S, self._announce)

    @property
    def elapsed_s(self) -> float:
        """Virtual seconds since the start."""
        return self.now - self._context.time_origin

    @property
    def rate(self) -> float:
        """Target mean of publications per virtual second."""
        return self._context.rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._context.rate = rate
        self._reschedule(self.elapsed_s)

    def step(self, now: float) -> list[SimulationEvent]:
        """Advance to ``now`` (seconds since the epoch); return the events.

        An earlier ``now`` than the last one has no effect.
        """
        self.now = max(self.now, now)
        for at, action in self._context.scheduler.pop_due(self.elapsed_s):
            action(at)
        return self._context.drain_events()

    def execute(self, command: ShopCommand) -> CommandOutcome:
        """Execute a command now; its events are returned by the next step.

        Raises:
            CommandRejected: it cannot be executed; nothing has changed.
        """
        return self._command_handler.execute(command, self.elapsed_s)

    def skip(self, seconds: float) -> None:
        """Skip time in which nothing happens, as when the machine was suspended."""
        self._context.time_origin += seconds
        self.now += seconds

    def _reschedule(self, at: float) -> None:
        self._visits.reschedule(at)
        self._support_questions.reschedule(at)

    def _announce(self, at: float) -> None:
        context, announcements = self._context, self.data.announcements
        count = context.next_number("announcement")
        notification = announcement_notification(
            announcements[(count - 1) % len(announcements)],
            id=f"announcement_{self.config.run_id}_{count}",
            at=context.datetime_at(at),
        )
        context.publish(ANNOUNCEMENTS, Notification(payload=notification))
        delay_s = context.rng.expovariate(1 / MEAN_ANNOUNCEMENT_INTERVAL_S)
        context.scheduler.call_at(at + delay_s, self._announce)
