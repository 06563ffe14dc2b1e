"""Stock by product and warehouse, with its history.  Pure.

The stock is not on any channel: it comes from the simulator's ``GET /state``.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from dashboard.simulation import Product, ShopState

MEMORY_S = 600  # of a product's history, and what its rate of sale is taken from
WINDOWS_S = (120, 300, MEMORY_S)  # of its chart: the shortest that shows all there is
FAR_MIN = 600  # minutes; longer is no forecast


class Level(Struct, frozen=True):
    """From ``at`` on so much was left, by warehouse."""

    at: float
    left: tuple[int, ...]


class Shelf(Struct, frozen=True):
    """One product: what is left of it by warehouse, and since when it has been so.

    ``history`` holds the changes of the last ``MEMORY_S``, oldest first; before the first of
    them nothing is known.
    """

    sku: str
    name: str
    price: Decimal
    threshold: int
    left: tuple[int, ...]
    history: tuple[Level, ...]

    @property
    def filled(self) -> float:
        """Percent of twice the threshold, over all warehouses, at most 100."""
        plenty = 2 * self.threshold * len(self.left)
        return min(100.0, 100 * sum(self.left) / plenty) if plenty else 100.0

    def minutes_left(self, now: float) -> float | None:
        """Minutes until nothing is left at the rate of sale of the history shown.

        Deliveries do not count against the sales.  None where nothing was sold, or far off.
        """
        if not sum(self.left):
            return 0.0
        steps = zip(self.history, self.history[1:], strict=False)
        sold = sum(
            max(0, was - now_left)
            for before, after in steps
            for was, now_left in zip(before.left, after.left, strict=True)
        )
        known = now - self.history[0].at
        if not sold or known <= 0:
            return None
        minutes = sum(self.left) * known / sold / 60
        return minutes if minutes < FAR_MIN else None


class Stock(Struct, frozen=True):
    """All products at one time; ``at`` is None before the first response.

    ``trouble`` says why the last poll failed.
    """

    at: float | None = None
    warehouses: tuple[str, ...] = ()
    shelves: tuple[Shelf, ...] = ()
    trouble: str = ""

    def emptiest_first(self) -> list[Shelf]:
        """List the products, those with an empty shelf before all others.

        Those equally full are listed by name, so that rows keep their place.
        """
        return sorted(
            self.shelves, key=lambda shelf: (0 not in shelf.left, shelf.filled, shelf.name)
        )

    @property
    def empty_shelves(self) -> int:
        """How many shelves, of all warehouses, hold nothing."""
        return sum(not left for shelf in self.shelves for left in shelf.left)


def told(stock: Stock, shop: ShopState, at: float) -> Stock:
    """Return the inventory updated with a newer state."""
    known = {shelf.sku: shelf for shelf in stock.shelves}
    if shop.warehouses != stock.warehouses:
        known = {}
    return Stock(
        at, shop.warehouses, tuple(_shelf(p, shop.warehouses, known, at) for p in shop.products)
    )


def _shelf(
    product: Product, warehouses: tuple[str, ...], known: dict[str, Shelf], at: float
) -> Shelf:
    left = tuple(product.stock.get(place, 0) for place in warehouses)
    before = known.get(product.sku)
    history = before.history if before else ()
    if not history or history[-1].left != left:
        history = (*history, Level(at, left))
    return Shelf(
        product.sku,
        product.name,
        product.price,
        product.threshold,
        left,
        _remembered(history, at - MEMORY_S),
    )


def _remembered(history: tuple[Level, ...], since: float) -> tuple[Level, ...]:
    """Drop what ended before; what began before and still held then begins then."""
    later = [level for level in history if level.at > since]
    held = [level for level in history if level.at <= since]
    return (Level(since, held[-1].left), *later) if held else tuple(later)


def window(shelf: Shelf, now: float) -> int:
    """Return how many seconds of history to show."""
    known = now - shelf.history[0].at
    return next((length for length in WINDOWS_S if known <= length), WINDOWS_S[-1])


def line(shelf: Shelf, length: int, now: float) -> Iterable[tuple[float, tuple[int, ...]]]:
    """Return the last ``length`` seconds as steps: seconds before now (negative), and levels."""
    held = [level for level in shelf.history if level.at <= now - length]
    if held:
        yield -float(length), held[-1].left
    yield from ((level.at - now, level.left) for level in shelf.history if level.at > now - length)
    yield 0.0, shelf.left
