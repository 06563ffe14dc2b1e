"""Builds the components of a shop from its data and configuration."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from simulator import catalogue, customers, day, notices, scenarios, support
from simulator.catalogue import Catalogue
from simulator.checkout import Checkout
from simulator.customers import CustomerDirectory
from simulator.day import DailyProfile
from simulator.desk import RunConfig, SimulationContext
from simulator.fulfilment import Fulfilment
from simulator.notices import Announcement
from simulator.scenarios import Scenario
from simulator.stage import ActiveScenarios
from simulator.supply import Replenishment
from simulator.support import SupportScript
from simulator.warehouse import Shelves


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
            notices.load_announcements(),
            support.load_support_script(),
            scenarios.load_scenarios(),
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
