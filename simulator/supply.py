"""Suppliers: whoever sees a shelf run low brings more, some time later."""

from __future__ import annotations

from functools import partial

from protocol.events import StockAlert
from protocol.messages import InventoryAlert
from simulator.catalogue import Catalogue
from simulator.desk import USUAL_RATE, Desk
from simulator.warehouse import Level, Shelf, Stock


class Supply:
    """Tells the staff of every alert, and has a supply under way for every shelf that is low."""

    def __init__(self, desk: Desk, catalogue: Catalogue, stock: Stock) -> None:
        self._desk, self._stock = desk, stock
        self._lead_s = {warehouse.name: warehouse.lead_s for warehouse in catalogue.warehouses}
        self._under_way: set[tuple[str, str]] = set()

    def take(self, shelf: Shelf, quantity: int, at: float) -> None:
        """Sell from a shelf that has so many pieces."""
        self._tell(shelf, shelf.take(quantity), at)

    def put_back(self, shelf: Shelf, quantity: int, at: float) -> None:
        """Take back what was sold and not sent."""
        self._tell(shelf, shelf.put_back(quantity), at)

    def _arrive(self, shelf: Shelf, at: float) -> None:
        self._under_way.discard((shelf.product.id, shelf.warehouse))
        self._tell(shelf, shelf.supply(shelf.product.lot), at)

    def _tell(self, shelf: Shelf, alert: StockAlert | None, at: float) -> None:
        if alert:
            self._desk.to_staff(InventoryAlert(payload=alert))
        place = (shelf.product.id, shelf.warehouse)
        if shelf.level is not Level.ENOUGH and place not in self._under_way:
            self._under_way.add(place)
            lead = self._desk.within(self._lead_s[shelf.warehouse])
            # The busier the shop, the sooner they come: its shelves look alike at every rate.
            hurry = max(1.0, self._desk.rate / USUAL_RATE)
            self._desk.agenda.at(at + lead / hurry, partial(self._arrive, shelf))
