"""Checkout: creates an order and takes its items from the shelves."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.events import OrderItem
from simulator.catalogue import Product
from simulator.customers import Customer
from simulator.fulfilment import Fulfilment
from simulator.orders import PlacedOrder, Taken
from simulator.stage import Stage
from simulator.supply import Supply
from simulator.warehouse import Shelf

Line = tuple[Product, int, Shelf]
"""Product, quantity, and a shelf with enough stock."""


class Checkout:
    """Creates all orders."""

    def __init__(self, stage: Stage, supply: Supply, fulfilment: Fulfilment) -> None:
        self._stage, self._supply, self._fulfilment = stage, supply, fulfilment

    def order(self, customer: Customer, lines: Sequence[Line], at: float) -> PlacedOrder:
        """Place an order of at least one line, at current prices."""
        items = tuple(
            OrderItem(product.id, product.name, quantity, self._stage.price(product))
            for product, quantity, _ in lines
        )
        taken = tuple(
            Taken(product.id, shelf.warehouse, quantity) for product, quantity, shelf in lines
        )
        placed = self._fulfilment.place(customer, items, taken, at)
        for _, quantity, shelf in lines:
            self._supply.take(shelf, quantity, at)
        return placed
