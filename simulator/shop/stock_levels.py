"""Stock levels per product and warehouse, and the alerts they raise.

Invariant per shelf: ``remaining >= 0`` and
``remaining + sold == initial + supplied - written_off``.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from protocol.event_payloads import AlertType, InventoryAlertPayload
from simulator.shop.catalogue import Catalogue, Product


class InsufficientStock(Exception):
    """The shelf has fewer items than requested."""


class StockStatus(Enum):
    """Stock status of a shelf."""

    OUT_OF_STOCK = 0
    LOW = 1
    SUFFICIENT = 2


class Shelf:
    """Stock of one product in one warehouse; ``sold`` excludes returns."""

    def __init__(self, product: Product, warehouse: str) -> None:
        self.product, self.warehouse = product, warehouse
        self.initial = self.remaining = product.stock[warehouse]
        self.supplied = self.sold = self.written_off = 0

    @property
    def status(self) -> StockStatus:
        """The current status."""
        if self.remaining == 0:
            return StockStatus.OUT_OF_STOCK
        return (
            StockStatus.LOW if self.remaining <= self.product.threshold else StockStatus.SUFFICIENT
        )

    def sell(self, quantity: int) -> InventoryAlertPayload | None:
        """Sell some items.

        Raises:
            InsufficientStock: the shelf has fewer items; none is sold.
        """
        if quantity > self.remaining:
            raise InsufficientStock(
                f"{self.remaining} of {self.product.id} in {self.warehouse}, not {quantity}"
            )
        return self._change(-quantity, sold=quantity)

    def return_sold(self, quantity: int) -> InventoryAlertPayload | None:
        """Return items that were sold but not shipped."""
        return self._change(quantity, sold=-quantity)

    def replenish(self, quantity: int) -> InventoryAlertPayload | None:
        """Add delivered items."""
        return self._change(quantity, supplied=quantity)

    def set_level(self, level: int) -> InventoryAlertPayload | None:
        """Set the level: a shortfall is written off, a surplus counts as supplied."""
        delta = level - self.remaining
        if delta > 0:
            return self.replenish(delta)
        return self._change(delta, written_off=-delta)

    def _change(
        self, delta: int, *, sold: int = 0, supplied: int = 0, written_off: int = 0
    ) -> InventoryAlertPayload | None:
        """Change the stock; return an alert if its status changed."""
        before = self.status
        self.remaining += delta
        self.sold += sold
        self.supplied += supplied
        self.written_off += written_off
        if self.status is before:
            return None
        if delta > 0:
            return self._alert(AlertType.BACK_IN_STOCK)
        out = self.status is StockStatus.OUT_OF_STOCK
        return self._alert(AlertType.OUT_OF_STOCK if out else AlertType.LOW_STOCK)

    def _alert(self, type_: AlertType) -> InventoryAlertPayload:
        return InventoryAlertPayload(
            product_id=self.product.id,
            product_name=self.product.name,
            sku=self.product.sku,
            current_quantity=self.remaining,
            threshold=self.product.threshold,
            alert_type=type_,
            location=self.warehouse,
        )


class Shelves:
    """Every shelf of every warehouse."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._warehouses = [warehouse.name for warehouse in catalogue.warehouses]
        self._shelves = {
            (product.id, name): Shelf(product, name)
            for product in catalogue.products
            for name in self._warehouses
        }

    def __iter__(self) -> Iterator[Shelf]:
        return iter(self._shelves.values())

    def get(self, product_id: str, warehouse: str) -> Shelf:
        """Return the shelf of a product in a warehouse."""
        return self._shelves[product_id, warehouse]

    def shelves_of(self, product_id: str) -> list[Shelf]:
        """Return a product's shelves, one per warehouse."""
        return [self._shelves[product_id, name] for name in self._warehouses]

    def find_shelf(self, product_id: str, quantity: int, preferred_warehouse: str) -> Shelf | None:
        """Find a shelf with enough stock: the preferred one, else the fullest, else None."""
        preferred = self.get(product_id, preferred_warehouse)
        if preferred.remaining >= quantity:
            return preferred
        fullest = max(self.shelves_of(product_id), key=lambda shelf: shelf.remaining)
        return fullest if fullest.remaining >= quantity else None
