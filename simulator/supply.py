"""Replenishment: schedules a delivery for every shelf that is low or empty."""

from __future__ import annotations

from functools import partial

from protocol.events import StockAlert
from protocol.messages import InventoryAlert
from simulator.agenda import Plan
from simulator.catalogue import Catalogue
from simulator.desk import USUAL_RATE, Desk, Span
from simulator.stage import Stage
from simulator.warehouse import Level, Shelf

AT_LAST: Span = (1, 20)
"""Lead time of expedited deliveries."""

Place = tuple[str, str]


class Supply:
    """Changes stock levels, publishes alerts and schedules deliveries."""

    def __init__(self, desk: Desk, catalogue: Catalogue, stage: Stage) -> None:
        self._desk, self._stage = desk, stage
        self._lead_s = {warehouse.name: warehouse.lead_s for warehouse in catalogue.warehouses}
        self._under_way: dict[Place, Plan] = {}

    def take(self, shelf: Shelf, quantity: int, at: float) -> None:
        """Sell from a shelf that has so many pieces."""
        self._tell(shelf, shelf.take(quantity), at)

    def put_back(self, shelf: Shelf, quantity: int, at: float) -> None:
        """Return items that were sold but not shipped."""
        self._tell(shelf, shelf.put_back(quantity), at)

    def count(self, shelf: Shelf, found: int, at: float) -> None:
        """Set the level of a shelf."""
        self._tell(shelf, shelf.count(found), at)

    def bring(self, shelf: Shelf, quantity: int, at: float) -> None:
        """Replenish a shelf now and cancel its pending delivery."""
        if plan := self._under_way.pop(_place(shelf), None):
            plan.call_off()
        self._tell(shelf, shelf.supply(quantity), at)

    def hurry(self, shelf: Shelf, at: float) -> None:
        """Expedite the pending delivery of a shelf, if any."""
        if plan := self._under_way.get(_place(shelf)):
            plan.call_off()
            self._expect(shelf, self._desk.within(AT_LAST), at)

    def _expect(self, shelf: Shelf, takes_s: float, at: float) -> None:
        plan = self._desk.agenda.at(at + takes_s, partial(self._arrive, shelf))
        self._under_way[_place(shelf)] = plan

    def _arrive(self, shelf: Shelf, at: float) -> None:
        if self._stage.suppliers_come(shelf.product.id):
            self.bring(shelf, shelf.product.lot, at)
        else:
            self._expect(shelf, self._lead(shelf), at)

    def _tell(self, shelf: Shelf, alert: StockAlert | None, at: float) -> None:
        if alert:
            self._desk.to_staff(InventoryAlert(payload=alert))
        if shelf.level is not Level.ENOUGH and _place(shelf) not in self._under_way:
            self._expect(shelf, self._lead(shelf), at)

    def _lead(self, shelf: Shelf) -> float:
        # Lead times shrink with the rate, so that stock levels look alike at every rate.
        hurry = max(1.0, self._desk.rate / USUAL_RATE)
        return self._desk.within(self._lead_s[shelf.warehouse]) / hurry


def _place(shelf: Shelf) -> Place:
    return shelf.product.id, shelf.warehouse
