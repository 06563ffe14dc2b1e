"""The parts of one shop, put together once and handed to whoever makes something happen in it."""

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
    """All that is written down about the shop."""

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
    """One shop's parts, each in its first state."""

    premises: Premises
    desk: Desk
    stage: Stage
    stock: Stock
    supply: Supply
    fulfilment: Fulfilment
    checkout: Checkout

    @classmethod
    def build(cls, premises: Premises, start: Start) -> House:
        """Build the parts on each other."""
        desk, stage, stock = Desk(start), Stage(), Stock(premises.catalogue)
        supply = Supply(desk, premises.catalogue, stage)
        fulfilment = Fulfilment(desk, stock, supply, stage)
        checkout = Checkout(stage, supply, fulfilment)
        return cls(premises, desk, stage, stock, supply, fulfilment, checkout)
