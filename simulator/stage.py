"""What is being played, and what all of it together changes in the shop; does nothing itself."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import prod

from msgspec import Struct

from protocol.money import Money
from simulator.catalogue import Product
from simulator.scenarios import Scenario

HRYVNIA = Decimal(1)


class Scene(Struct, frozen=True, eq=False):
    """One scenario under way, from ``began`` to ``ends`` in virtual seconds since the start.

    ``products`` are the ids of those that it features.
    """

    scenario: Scenario
    began: float
    ends: float
    products: frozenset[str]


class Stage:
    """The scenes that are on, one a scenario at most; several multiply what they change."""

    def __init__(self) -> None:
        self._on: dict[str, Scene] = {}

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """Return what is on, in the order in which it began."""
        return tuple(self._on.values())

    def raise_curtain(self, scene: Scene) -> None:
        """Let a scene of a scenario begin that is not on."""
        self._on[scene.scenario.name] = scene

    def drop_curtain(self, name: str) -> Scene:
        """End the scene of a scenario, which is on; return it."""
        return self._on.pop(name)

    def is_on(self, scene: Scene) -> bool:
        """Tell whether this very scene is on."""
        return self._on.get(scene.scenario.name) is scene

    @property
    def keeps_the_rate(self) -> bool:
        """Tell whether orders come and move as ever, so that the rate can be kept."""
        return self.visits == 1.0 and self.parcels_move and self.payments_work

    @property
    def visits(self) -> float:
        """How many times as many customers come."""
        return prod(scene.scenario.influence.visits for scene in self._on.values())

    @property
    def questions(self) -> float:
        """How many times as many ask support."""
        return prod(scene.scenario.influence.questions for scene in self._on.values())

    @property
    def mishaps(self) -> float:
        """How many times as many payments and orders come to nothing."""
        return prod(scene.scenario.influence.mishaps for scene in self._on.values())

    @property
    def parcels_move(self) -> bool:
        """Tell whether couriers work."""
        return all(scene.scenario.influence.parcels_move for scene in self._on.values())

    @property
    def payments_work(self) -> bool:
        """Tell whether the bank takes cards."""
        return all(scene.scenario.influence.payments_work for scene in self._on.values())

    def suppliers_come(self, product_id: str) -> bool:
        """Tell whether a product's suppliers do."""
        return all(
            scene.scenario.influence.suppliers_come or product_id not in scene.products
            for scene in self._on.values()
        )

    def demand(self, product_id: str) -> float:
        """How many times as often a product is chosen."""
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
