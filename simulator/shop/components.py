"""Builds the components of a shop from its data and configuration."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from protocol.simulator_api import ShopLanguage
from simulator.scenarios.active import ActiveScenarios
from simulator.scenarios.definitions import Scenario, load_scenarios
from simulator.shop.catalogue import Catalogue, load_catalogue
from simulator.shop.checkout import Checkout
from simulator.shop.customers import CustomerDirectory, load_customers
from simulator.shop.daily_profile import DailyProfile, load_daily_profile
from simulator.shop.fulfilment import Fulfilment
from simulator.shop.notification_texts import (
    Announcement,
    NotificationTexts,
    load_announcements,
    load_notification_texts,
)
from simulator.shop.replenishment import Replenishment
from simulator.shop.simulation_context import RunConfig, SimulationContext
from simulator.shop.stock_levels import Shelves
from simulator.shop.support_script import SupportScript, load_support_script


class ShopData(Struct, frozen=True):
    """Content of the data files in one language."""

    language: ShopLanguage
    catalogue: Catalogue
    customers: CustomerDirectory
    announcements: Sequence[Announcement]
    texts: NotificationTexts
    support_script: SupportScript
    scenarios: dict[str, Scenario]
    daily_profile: DailyProfile

    @classmethod
    def load(cls, language: ShopLanguage) -> ShopData:
        """Load all data files.

        Raises:
            InvalidDataFile: one of them is invalid.
        """
        catalogue = load_catalogue(language)
        return cls(
            language,
            catalogue,
            load_customers(catalogue, language),
            load_announcements(language),
            load_notification_texts(language),
            load_support_script(language),
            load_scenarios(),
            load_daily_profile(),
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
        context, active_scenarios = SimulationContext(config), ActiveScenarios()
        shelves = Shelves(data.catalogue)
        replenishment = Replenishment(context, data.catalogue, active_scenarios)
        fulfilment = Fulfilment(context, shelves, replenishment, active_scenarios, data.texts)
        return cls(
            data=data,
            context=context,
            active_scenarios=active_scenarios,
            shelves=shelves,
            replenishment=replenishment,
            fulfilment=fulfilment,
            checkout=Checkout(active_scenarios, replenishment, fulfilment),
        )
