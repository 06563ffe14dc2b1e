"""Builds the components of a shop from its data and configuration."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from simulator import catalogue, customers, day, notices, scenarios, support
from simulator.catalogue import Catalogue
from simulator.checkout import Checkout
from simulator.customers import People
from simulator.day import Day
from simulator.desk import Desk, Start
from simulator.fulfilment import Fulfilment
from simulator.notices import Announcement
from simulator.scenarios import Scenario
from simulator.stage import Stage
from simulator.supply import Supply
from simulator.support import Script
from simulator.warehouse import Stock


class Premises(Struct, frozen=True):
    """Content of the data files."""

    catalogue: Catalogue
    people: People
    announcements: Sequence[Announcement]
    script: Script
    scenarios: dict[str, Scenario]
    day: Day

    @classmethod
    def load(cls) -> Premises:
        """Read the package's own data files.

        Raises:
            BadData: one of them is wrong, and where.
        """
        goods = catalogue.load()
        return cls(
            goods,
            customers.load(goods),
            notices.load(),
            support.load(),
            scenarios.load(),
            day.load(),
        )


class House(Struct, frozen=True):
    """Components of one shop."""

    premises: Premises
    desk: Desk
    stage: Stage
    stock: Stock
    supply: Supply
    fulfilment: Fulfilment
    checkout: Checkout

    @classmethod
    def build(cls, premises: Premises, start: Start) -> House:
        """Create and wire the components."""
        desk, stage, stock = Desk(start), Stage(), Stock(premises.catalogue)
        supply = Supply(desk, premises.catalogue, stage)
        fulfilment = Fulfilment(desk, stock, supply, stage)
        checkout = Checkout(stage, supply, fulfilment)
        return cls(premises, desk, stage, stock, supply, fulfilment, checkout)
