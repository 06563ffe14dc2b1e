"""Stock levels per product and warehouse, and the alerts they raise.

Invariant per shelf: ``left >= 0`` and
``left + sold == initial + supplied - written_off``.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from protocol.events import AlertType, StockAlert
from simulator.catalogue import Catalogue, Product


class NotEnough(Exception):
    """The shelf has fewer items than requested."""


class Level(Enum):
    """Stock status of a shelf."""

    OUT = 0
    LOW = 1
    ENOUGH = 2


class Shelf:
    """Stock of one product in one warehouse; ``sold`` excludes returns."""

    def __init__(self, product: Product, warehouse: str) -> None:
        self.product, self.warehouse = product, warehouse
        self.initial = self.left = product.stock[warehouse]
        self.supplied = self.sold = self.written_off = 0

    @property
    def level(self) -> Level:
        """The current status."""
        if self.left == 0:
            return Level.OUT
        return Level.LOW if self.left <= self.product.threshold else Level.ENOUGH

    def take(self, quantity: int) -> StockAlert | None:
        """Sell so many pieces.

        Raises:
            NotEnough: there are not that many; none is taken.
        """
        if quantity > self.left:
            raise NotEnough(f"{self.left} of {self.product.id} in {self.warehouse}, not {quantity}")
        return self._change(-quantity, sold=quantity)

    def put_back(self, quantity: int) -> StockAlert | None:
        """Return items that were sold but not shipped."""
        return self._change(quantity, sold=-quantity)

    def supply(self, quantity: int) -> StockAlert | None:
        """Add delivered items."""
        return self._change(quantity, supplied=quantity)

    def count(self, found: int) -> StockAlert | None:
        """Set the level: a shortfall is written off, a surplus counts as supplied."""
        more = found - self.left
        if more > 0:
            return self.supply(more)
        return self._change(more, written_off=-more)

    def _change(
        self, by: int, *, sold: int = 0, supplied: int = 0, written_off: int = 0
    ) -> StockAlert | None:
        """Return an alert if this changed the level, and in no other case."""
        before = self.level
        self.left += by
        self.sold += sold
        self.supplied += supplied
        self.written_off += written_off
        if self.level is before:
            return None
        if by > 0:
            return self._alert(AlertType.BACK_IN_STOCK)
        out = self.level is Level.OUT
        return self._alert(AlertType.OUT_OF_STOCK if out else AlertType.LOW_STOCK)

    def _alert(self, type_: AlertType) -> StockAlert:
        return StockAlert(
            product_id=self.product.id,
            product_name=self.product.name,
            sku=self.product.sku,
            current_quantity=self.left,
            threshold=self.product.threshold,
            alert_type=type_,
            location=self.warehouse,
        )


class Stock:
    """Every shelf of every warehouse."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._names = [warehouse.name for warehouse in catalogue.warehouses]
        self._shelves = {
            (product.id, name): Shelf(product, name)
            for product in catalogue.products
            for name in self._names
        }

    def __iter__(self) -> Iterator[Shelf]:
        return iter(self._shelves.values())

    def shelf(self, product_id: str, warehouse: str) -> Shelf:
        """Return the one shelf."""
        return self._shelves[product_id, warehouse]

    def of(self, product_id: str) -> list[Shelf]:
        """Return a product's shelves, one a warehouse."""
        return [self._shelves[product_id, name] for name in self._names]

    def find(self, product_id: str, quantity: int, nearest: str) -> Shelf | None:
        """Find a shelf with enough stock: the nearest, else the fullest, else None."""
        home = self.shelf(product_id, nearest)
        if home.left >= quantity:
            return home
        fullest = max(self.of(product_id), key=lambda shelf: shelf.left)
        return fullest if fullest.left >= quantity else None
