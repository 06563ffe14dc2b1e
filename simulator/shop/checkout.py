"""Checkout: creates an order and takes its items from the shelves."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.event_payloads import OrderItem
from simulator.scenarios.active import ActiveScenarios
from simulator.shop.catalogue import Product
from simulator.shop.customers import Customer
from simulator.shop.fulfilment import Fulfilment
from simulator.shop.orders import PlacedOrder, StockAllocation
from simulator.shop.replenishment import Replenishment
from simulator.shop.stock_levels import Shelf

OrderLine = tuple[Product, int, Shelf]
"""Product, quantity, and a shelf with enough stock."""


class Checkout:
    """Creates all orders."""

    def __init__(
        self,
        active_scenarios: ActiveScenarios,
        replenishment: Replenishment,
        fulfilment: Fulfilment,
    ) -> None:
        self._active_scenarios, self._replenishment, self._fulfilment = (
            active_scenarios,
            replenishment,
            fulfilment,
        )

    def place_order(
        self,
        customer: Customer,
        lines: Sequence[OrderLine],
        at: float,
        *,
        is_followed: bool = False,
        hold_s: float = 0.0,
    ) -> PlacedOrder:
        """Place an order of at least one line, at current prices.

        ``is_followed``: nothing happens to it by chance.  ``hold_s``: nothing at all for so long.
        """
        items = tuple(
            OrderItem(product.id, product.name, quantity, self._active_scenarios.price(product))
            for product, quantity, _ in lines
        )
        allocations = tuple(
            StockAllocation(product.id, shelf.warehouse, quantity)
            for product, quantity, shelf in lines
        )
        order = self._fulfilment.place_order(
            customer, items, allocations, at, is_followed=is_followed, hold_s=hold_s
        )
        for _, quantity, shelf in lines:
            self._replenishment.sell(shelf, quantity, at)
        return order
