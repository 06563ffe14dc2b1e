"""Builds the components of a shop from its data and configuration."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from simulator.engine.simulation_context import RunConfig, SimulationContext
from simulator.scenarios import definitions
from simulator.scenarios.active import ActiveScenarios
from simulator.scenarios.definitions import Scenario
from simulator.shop import (
    catalogue,
    customers,
    notification_texts,
)
from simulator.shop import (
    daily_profile as day,
)
from simulator.shop import (
    support_script as support,
)
from simulator.shop.catalogue import Catalogue
from simulator.shop.checkout import Checkout
from simulator.shop.customers import CustomerDirectory
from simulator.shop.daily_profile import DailyProfile
from simulator.shop.fulfilment import Fulfilment
from simulator.shop.notification_texts import Announcement
from simulator.shop.replenishment import Replenishment
from simulator.shop.stock_levels import Shelves
from simulator.shop.support_script import SupportScript


class ShopData(Struct, frozen=True):
    """Content of the data files."""

    catalogue: Catalogue
    customers: CustomerDirectory
    announcements: Sequence[Announcement]
    support_script: SupportScript
    scenarios: dict[str, Scenario]
    daily_profile: DailyProfile

    @classmethod
    def load(cls) -> ShopData:
        """Read the package's own data files.

        Raises:
            BadData: one of them is wrong, and where.
        """
        goods = catalogue.load_catalogue()
        return cls(
            goods,
            customers.load_customers(goods),
            notification_texts.load_announcements(),
            support.load_support_script(),
            definitions.load_scenarios(),
            day.load_daily_profile(),
        )


class ShopComponents(Struct, frozen=True):
    """Components of one shop."""

    data: ShopData
    context: SimulationContext
    active_scenarios: ActiveScenarios
    shelves: Shelves
    replenishment: Replenishment
    fulfilment: Fulfilment
    checkout: Checkout

    @classmethod
    def build(cls, data: ShopData, config: RunConfig) -> ShopComponents:
        """Create and wire the components."""
        desk, stage, stock = (
            SimulationContext(config),
            ActiveScenarios(),
            Shelves(data.catalogue),
        )
        supply = Replenishment(desk, data.catalogue, stage)
        fulfilment = Fulfilment(desk, stock, supply, stage)
        checkout = Checkout(stage, supply, fulfilment)
        return cls(data, desk, stage, stock, supply, fulfilment, checkout)
