"""Stock by product and warehouse, with its history.  Pure.

The stock is not on any channel: it comes from the simulator's ``GET /state``.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from dashboard.state.time_series import MAX_WINDOW_S
from protocol.simulator_api import ProductState, ShopState

HISTORY_S = MAX_WINDOW_S  # length of a product's history
SALES_S = 600  # the part of it from which the sales rate is computed
MAX_FORECAST_MIN = 600  # minutes; a later time is not forecast


class StockLevels(Struct, frozen=True):
    """The quantities by warehouse from ``at`` on."""

    at: float
    quantities: tuple[int, ...]


class ProductStock(Struct, frozen=True):
    """The stock of one product by warehouse, with its history.

    ``history`` holds the changes of the last ``HISTORY_S``, oldest first; earlier levels are
    unknown.
    """

    id: str
    sku: str
    name: str
    price: Decimal
    sale_price: Decimal
    threshold: int
    quantities: tuple[int, ...]
    history: tuple[StockLevels, ...]

    @property
    def discount_percent(self) -> int:
        """The discount on the price now, rounded; 0 without a sale."""
        return round(100 * (1 - self.sale_price / self.price)) if self.price else 0

    @property
    def fill_percent(self) -> float:
        """Stock in percent of twice the threshold, over all warehouses, at most 100."""
        plenty = 2 * self.threshold * len(self.quantities)
        return min(100.0, 100 * sum(self.quantities) / plenty) if plenty else 100.0

    def minutes_until_empty(self, now: float) -> float | None:
        """Minutes until the stock runs out at the sales rate of the last ``SALES_S``.

        Replenishment is not counted.  None if nothing was sold, or beyond ``MAX_FORECAST_MIN``.
        """
        if not sum(self.quantities):
            return 0.0
        recent = _trim_history(self.history, now - SALES_S)
        steps = pairwise(recent)
        sold = sum(
            max(0, was - now_left)
            for before, after in steps
            for was, now_left in zip(before.quantities, after.quantities, strict=True)
        )
        known = now - recent[0].at
        if not sold or known <= 0:
            return None
        minutes = sum(self.quantities) * known / sold / 60
        return minutes if minutes < MAX_FORECAST_MIN else None


class Inventory(Struct, frozen=True):
    """All products at one time; ``at`` is None before the first response.

    ``error`` is why the last poll failed; empty if it succeeded.
    """

    at: float | None = None
    warehouses: tuple[str, ...] = ()
    products: tuple[ProductStock, ...] = ()
    error: str = ""

    def lowest_first(self, subjects: Collection[str] = ()) -> list[ProductStock]:
        """Return the products by stock, those with an empty shelf first.

        Before them come the subjects of running scenarios, by product id.  Equal ones are sorted
        by name, so that rows keep their place.
        """
        return sorted(
            self.products,
            key=lambda product: (
                product.id not in subjects,
                0 not in product.quantities,
                product.fill_percent,
                product.name,
            ),
        )

    def find(self, reference: str) -> ProductStock | None:
        """Return the product with this SKU or id."""
        return next((p for p in self.products if reference in (p.sku, p.id)), None)

    @property
    def empty_shelf_count(self) -> int:
        """The number of empty shelves in all warehouses."""
        return sum(not left for shelf in self.products for left in shelf.quantities)


def update_inventory(inventory: Inventory, shop: ShopState, at: float) -> Inventory:
    """Return the inventory updated with a newer state."""
    known = {shelf.sku: shelf for shelf in inventory.products}
    if shop.warehouses != inventory.warehouses:
        known = {}
    return Inventory(
        at,
        shop.warehouses,
        tuple(_product_stock(p, shop.warehouses, known, at) for p in shop.products),
    )


def _product_stock(
    product: ProductState, warehouses: tuple[str, ...], known: dict[str, ProductStock], at: float
) -> ProductStock:
    left = tuple(product.stock.get(place, 0) for place in warehouses)
    before = known.get(product.sku)
    history = before.history if before else ()
    if not history or history[-1].quantities != left:
        history = (*history, StockLevels(at, left))
    return ProductStock(
        product.id,
        product.sku,
        product.name,
        product.price,
        product.sale_price,
        product.threshold,
        left,
        _trim_history(history, at - HISTORY_S),
    )


def _trim_history(history: tuple[StockLevels, ...], since: float) -> tuple[StockLevels, ...]:
    """Drop levels that ended before; the one that was valid at that time starts there."""
    later = [level for level in history if level.at > since]
    held = [level for level in history if level.at <= since]
    return (StockLevels(since, held[-1].quantities), *later) if held else tuple(later)
