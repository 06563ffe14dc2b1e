"""Executes commands on the shop: completely, or not at all."""

from __future__ import annotations

from typing import assert_never

from protocol.events import Notice
from protocol.messages import Notification
from protocol.publications import EVERYONE
from simulator.catalogue import Product
from simulator.commands import (
    AdvanceOrder,
    Announce,
    PlaceOrder,
    Refused,
    Restock,
    SetStock,
    ShopCommand,
    StartScenario,
    StopScenario,
)
from simulator.customers import Customer
from simulator.director import Director
from simulator.house import House
from simulator.orders import NotAllowed, PlacedOrder
from simulator.warehouse import Level, Shelf
from simulator.ways import HAPPY

ANYBODY = 300
"""Size of the pool from which a customer is drawn if none is connected."""


class Manager:
    """Executes commands; ``at`` is the current virtual time in seconds since the start."""

    def __init__(self, house: House, director: Director) -> None:
        self._house, self._director = house, director
        self._products = {product.id: product for product in house.premises.catalogue.products}

    def do(self, command: ShopCommand, at: float) -> PlacedOrder | int | None:
        """Execute a command; return the order or the number of shelves it changed.

        Raises:
            Refused: with the field that names what does not exist or cannot be.
        """
        match command:
            case StartScenario(name=name):
                self._director.begin(name, at)
            case StopScenario(name=name):
                self._director.stop(name, at)
            case Restock():
                return self._restock(command, at)
            case SetStock():
                return self._set_stock(command, at)
            case PlaceOrder():
                return self._place(command, at)
            case AdvanceOrder():
                return self._advance(command, at)
            case Announce():
                self._announce(command, at)
            case _:
                assert_never(command)
        return None

    def _restock(self, command: Restock, at: float) -> int:
        shelves = self._shelves(command.product, command.warehouse)
        if command.product is None:
            shelves = [shelf for shelf in shelves if shelf.level is not Level.ENOUGH]
        for shelf in shelves:
            self._house.supply.bring(shelf, command.quantity or shelf.product.lot, at)
        return len(shelves)

    def _set_stock(self, command: SetStock, at: float) -> int:
        shelves = self._shelves(command.product, command.warehouse)
        for shelf in shelves:
            self._house.supply.count(shelf, command.level, at)
        return len(shelves)

    def _shelves(self, product_id: str | None, warehouse: str | None) -> list[Shelf]:
        if product_id is not None:
            self._product(product_id)
        names = [place.name for place in self._house.premises.catalogue.warehouses]
        if warehouse is not None and warehouse not in names:
            raise Refused("warehouse", f"Unknown warehouse; the warehouses are {', '.join(names)}")
        return [
            shelf
            for shelf in self._house.stock
            if product_id in (None, shelf.product.id) and warehouse in (None, shelf.warehouse)
        ]

    def _product(self, id: str) -> Product:
        if id not in self._products:
            raise Refused("product", "Unknown product")
        return self._products[id]

    def _place(self, command: PlaceOrder, at: float) -> PlacedOrder:
        customer = self._customer(command.customer)
        quantity = command.quantity
        if command.product is None:
            found = [
                (product, shelf)
                for product in self._products.values()
                if (shelf := self._find(product, quantity, customer))
            ]
            if not found:
                raise Refused("quantity", "No warehouse has that many of any product")
            weights = [product.popularity for product, _ in found]
            ((product, shelf),) = self._house.desk.draw.choices(found, weights)
        else:
            product = self._product(command.product)
            enough = self._find(product, quantity, customer)
            if enough is None:
                raise Refused("quantity", "No warehouse has that many in stock")
            shelf = enough
        return self._house.checkout.order(customer, [(product, quantity, shelf)], at)

    def _find(self, product: Product, quantity: int, customer: Customer) -> Shelf | None:
        return self._house.stock.find(product.id, quantity, customer.warehouse)

    def _customer(self, id: str | None) -> Customer:
        if id is None:
            number = self._house.desk.draw.randint(1, self._house.desk.start.present or ANYBODY)
        else:
            number = int(id.removeprefix("user_"))
        return self._house.premises.people.customer(number)

    def _advance(self, command: AdvanceOrder, at: float) -> PlacedOrder:
        order = self._house.fulfilment.find(command.order)
        if order is None:
            raise Refused("order", "Unknown order, or finished too long ago")
        to = command.to or HAPPY.get(order.status)
        if to is None:
            raise Refused("order", f"{order.order.number} is {order.status} and has no next status")
        try:
            return self._house.fulfilment.move(order, to, at)
        except NotAllowed as why:
            raise Refused("to", str(why)) from None

    def _announce(self, command: Announce, at: float) -> None:
        notice = Notice(
            id=self._house.desk.notice_id(),
            title=command.title,
            body=command.body,
            icon="megaphone",
            priority=command.priority,
            created_at=self._house.desk.moment(at),
        )
        self._house.desk.publish(EVERYONE, Notification(payload=notice))
