"""Active scenarios and their combined modifiers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import prod

from msgspec import Struct

from protocol.money import Money
from protocol.simulator_api import ScenarioSubject
from simulator.scenarios.definitions import Scenario
from simulator.shop.catalogue import Product

HRYVNIA = Decimal(1)


class ScenarioRun(Struct, frozen=True, eq=False):
    """A run of a scenario; times are virtual seconds since the start.

    ``featured_products`` are product ids.  ``subjects`` are what it acts on; empty for the whole
    shop.
    """

    scenario: Scenario
    started_at: float
    ends_at: float
    featured_products: frozenset[str]
    subjects: tuple[ScenarioSubject, ...] = ()


class ActiveScenarios:
    """Running scenarios, at most one run of each; their modifiers are combined."""

    def __init__(self) -> None:
        self._runs: dict[str, ScenarioRun] = {}

    @property
    def runs(self) -> tuple[ScenarioRun, ...]:
        """Return the runs in the order of their start."""
        return tuple(self._runs.values())

    def start(self, run: ScenarioRun) -> None:
        """Add a run; the scenario must not be running."""
        self._runs[run.scenario.name] = run

    def stop(self, name: str) -> ScenarioRun:
        """Remove and return the run of a scenario."""
        return self._runs.pop(name)

    def is_active(self, run: ScenarioRun) -> bool:
        """Return whether this run is active."""
        return self._runs.get(run.scenario.name) is run

    @property
    def allows_rate_control(self) -> bool:
        """Return whether visits and orders are unmodified, so that the rate can be controlled."""
        return self.visit_multiplier == 1.0 and self.couriers_work and self.payments_work

    @property
    def visit_multiplier(self) -> float:
        """Return the combined multiplier of customer visits."""
        return prod(run.scenario.modifiers.visit_multiplier for run in self._runs.values())

    @property
    def question_multiplier(self) -> float:
        """Return the combined multiplier of support questions."""
        return prod(run.scenario.modifiers.question_multiplier for run in self._runs.values())

    @property
    def failure_multiplier(self) -> float:
        """Multiplier of failed payments and cancelled orders."""
        return prod(run.scenario.modifiers.failure_multiplier for run in self._runs.values())

    @property
    def couriers_work(self) -> bool:
        """Return whether couriers work."""
        return all(run.scenario.modifiers.couriers_work for run in self._runs.values())

    @property
    def payments_work(self) -> bool:
        """Return whether payments succeed."""
        return all(run.scenario.modifiers.payments_work for run in self._runs.values())

    def suppliers_deliver(self, product_id: str) -> bool:
        """Return whether a product is being replenished."""
        return all(
            run.scenario.modifiers.suppliers_deliver or product_id not in run.featured_products
            for run in self._runs.values()
        )

    def demand_multiplier(self, product_id: str) -> float:
        """Return the combined multiplier of a product's demand."""
        return prod(
            run.scenario.modifiers.demand_multiplier for run in self._runs_featuring(product_id)
        )

    def price(self, product: Product) -> Money:
        """Return the current price of a product; discounted prices are whole hryvnias."""
        price = Decimal(product.price)
        for run in self._runs_featuring(product.id):
            if percent := run.scenario.modifiers.discount_percent:
                discounted = (price * (100 - percent) / 100).quantize(HRYVNIA, ROUND_HALF_UP)
                price = max(discounted, HRYVNIA)
        return Money.of(price)

    def _runs_featuring(self, product_id: str) -> list[ScenarioRun]:
        return [run for run in self._runs.values() if product_id in run.featured_products]
