"""Active scenarios and their combined modifiers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import prod

from msgspec import Struct

from protocol.money import Money
from simulator.catalogue import Product
from simulator.scenarios import Scenario

HRYVNIA = Decimal(1)


class Scene(Struct, frozen=True, eq=False):
    """A running scenario, from ``began`` to ``ends`` in virtual seconds since the start.

    ``products`` are the ids of those that it features.
    """

    scenario: Scenario
    began: float
    ends: float
    products: frozenset[str]


class Stage:
    """Running scenarios, at most one run each; their modifiers are multiplied."""

    def __init__(self) -> None:
        self._on: dict[str, Scene] = {}

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """Return the runs in the order of their start."""
        return tuple(self._on.values())

    def raise_curtain(self, scene: Scene) -> None:
        """Add a run; the scenario must not be running."""
        self._on[scene.scenario.name] = scene

    def drop_curtain(self, name: str) -> Scene:
        """Remove and return the run of a scenario."""
        return self._on.pop(name)

    def is_on(self, scene: Scene) -> bool:
        """Return whether this run is active."""
        return self._on.get(scene.scenario.name) is scene

    @property
    def keeps_the_rate(self) -> bool:
        """Return whether visits and orders are unmodified, so that the rate can be controlled."""
        return self.visits == 1.0 and self.parcels_move and self.payments_work

    @property
    def visits(self) -> float:
        """Multiplier of customer visits."""
        return prod(scene.scenario.influence.visits for scene in self._on.values())

    @property
    def questions(self) -> float:
        """Multiplier of support questions."""
        return prod(scene.scenario.influence.questions for scene in self._on.values())

    @property
    def mishaps(self) -> float:
        """Multiplier of failed payments and cancelled orders."""
        return prod(scene.scenario.influence.mishaps for scene in self._on.values())

    @property
    def parcels_move(self) -> bool:
        """Return whether couriers work."""
        return all(scene.scenario.influence.parcels_move for scene in self._on.values())

    @property
    def payments_work(self) -> bool:
        """Return whether payments succeed."""
        return all(scene.scenario.influence.payments_work for scene in self._on.values())

    def suppliers_come(self, product_id: str) -> bool:
        """Return whether a product is being replenished."""
        return all(
            scene.scenario.influence.suppliers_come or product_id not in scene.products
            for scene in self._on.values()
        )

    def demand(self, product_id: str) -> float:
        """Multiplier of a product's demand."""
        return prod(scene.scenario.influence.demand for scene in self._featuring(product_id))

    def price(self, product: Product) -> Money:
        """Say what a product costs now; a sale's price is in whole hryvnias."""
        price = Decimal(product.price)
        for scene in self._featuring(product.id):
            if percent := scene.scenario.influence.discount_percent:
                lower = (price * (100 - percent) / 100).quantize(HRYVNIA, ROUND_HALF_UP)
                price = max(lower, HRYVNIA)
        return Money.of(price)

    def _featuring(self, product_id: str) -> list[Scene]:
        return [scene for scene in self._on.values() if product_id in scene.products]
