"""Starts and stops scenarios and publishes each change."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from msgspec import Struct

from protocol.event_payloads import NotificationPayload, Priority
from protocol.messages import Notification
from protocol.simulator_api import ScenarioPhase, ScenarioSubject, SubjectKind
from simulator.engine.scheduler import ScheduledAction
from simulator.errors import CommandRejected
from simulator.scenarios.actions import (
    END_ACTIONS,
    SLOW_CLIENT,
    START_ACTIONS,
    slow_customer,
)
from simulator.scenarios.active import ScenarioRun
from simulator.scenarios.definitions import Scenario
from simulator.shop.components import ShopComponents
from simulator.shop.simulation_events import ScenarioChanged

FEATURED_CANDIDATES = 15
"""Featured products are drawn from this many best-sellers."""
FINISHED_RUNS_KEPT = 10


class FinishedRun(Struct, frozen=True):
    """A run that ended; ``ended_at`` is in virtual seconds since the start."""

    run: ScenarioRun
    ended_at: float
    phase: ScenarioPhase


class ScenarioManager:
    """Starts and stops scenarios; calls ``on_change`` with the time of each change."""

    def __init__(self, components: ShopComponents, on_change: Callable[[float], None]) -> None:
        self._components, self._on_change = components, on_change
        self._scheduled_ends: dict[str, ScheduledAction] = {}
        self.finished: deque[FinishedRun] = deque(maxlen=FINISHED_RUNS_KEPT)

    def start(self, name: str, at: float) -> ScenarioRun:
        """Start a scenario; restart it if it is running.

        Raises:
            CommandRejected: the scenario is unknown.
        """
        scenario = self._components.data.scenarios.get(name)
        if scenario is None:
            raise CommandRejected("name", "Unknown scenario")
        if any(run.scenario is scenario for run in self._components.active_scenarios.runs):
            self.stop(name, at)
        featured = self._draw_featured(scenario)
        subjects = self._subjects(scenario, featured)
        run = ScenarioRun(scenario, at, at + scenario.lasts_s, featured, subjects)
        self._components.active_scenarios.start(run)
        self._scheduled_ends[name] = self._components.context.scheduler.call_at(
            run.ends_at, partial(self._on_duration_elapsed, name)
        )
        self._publish_change(scenario, ScenarioPhase.STARTED, at)
        if action := START_ACTIONS.get(name):
            action(self._components, run, at)
        self._on_change(at)
        return run

    def stop(self, name: str, at: float) -> None:
        """Stop a running scenario.

        Raises:
            CommandRejected: the scenario is not running.
        """
        if name not in self._scheduled_ends:
            raise CommandRejected("name", "This scenario is not running")
        self._scheduled_ends[name].cancel()
        self._finish(name, ScenarioPhase.STOPPED, at)

    def _on_duration_elapsed(self, name: str, at: float) -> None:
        self._finish(name, ScenarioPhase.FINISHED, at)

    def _finish(self, name: str, phase: ScenarioPhase, at: float) -> None:
        del self._scheduled_ends[name]
        run = self._components.active_scenarios.stop(name)
        self.finished.appendleft(FinishedRun(run, at, phase))
        if action := END_ACTIONS.get(name):
            action(self._components, run, at)
        self._publish_change(run.scenario, phase, at)
        self._on_change(at)

    def _draw_featured(self, scenario: Scenario) -> frozenset[str]:
        products = self._components.data.catalogue.products
        best_sellers = sorted(products, key=lambda product: product.popularity, reverse=True)[
            :FEATURED_CANDIDATES
        ]
        count = min(scenario.modifiers.featured_count, len(best_sellers))
        return frozenset(
            product.id for product in self._components.context.rng.sample(best_sellers, count)
        )

    def _subjects(
        self, scenario: Scenario, featured: frozenset[str]
    ) -> tuple[ScenarioSubject, ...]:
        """Return what a run acts on: its products, and the customer of a slow client."""
        products = [
            ScenarioSubject(SubjectKind.PRODUCT, product.id, product.name)
            for product in self._components.data.catalogue.products
            if product.id in featured
        ]
        if scenario.name == SLOW_CLIENT:
            customer = slow_customer(self._components)
            return (ScenarioSubject(SubjectKind.CUSTOMER, customer.id, customer.name),)
        return tuple(products)

    def _publish_change(self, scenario: Scenario, phase: ScenarioPhase, at: float) -> None:
        context, data = self._components.context, self._components.data
        texts, language = data.texts.scenarios, data.language
        is_start = phase is ScenarioPhase.STARTED
        context.emit(ScenarioChanged(scenario.name, phase))
        context.publish_to_staff(
            Notification(
                payload=NotificationPayload(
                    id=context.next_notification_id(),
                    title=texts.title(phase, scenario.title.in_language(language)),
                    body=scenario.sentence.in_language(language)
                    if is_start
                    else texts.back_to_normal,
                    icon="film",
                    priority=Priority.NORMAL,
                    created_at=context.datetime_at(at),
                )
            )
        )
