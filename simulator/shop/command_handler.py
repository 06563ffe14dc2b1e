"""Executes commands on the shop: completely, or not at all."""

from __future__ import annotations

from typing import assert_never

from protocol.event_payloads import NotificationPayload
from protocol.messages import Notification
from protocol.publications import EVERYONE
from protocol.simulator_api import (
    AdvanceOrder,
    Announce,
    PlaceOrder,
    Restock,
    SetStock,
    ShopCommand,
    StartScenario,
    StopScenario,
)
from simulator.errors import CommandRejected
from simulator.scenarios.manager import ScenarioManager
from simulator.shop.catalogue import Product
from simulator.shop.components import ShopComponents
from simulator.shop.customers import Customer
from simulator.shop.order_transitions import HAPPY_PATH
from simulator.shop.orders import InvalidTransition, PlacedOrder
from simulator.shop.stock_levels import Shelf, StockStatus

CommandOutcome = PlacedOrder | NotificationPayload | int | None
"""The order that a command placed or changed, the notification that it sent, or the number of
shelves it changed."""
CUSTOMER_POOL_SIZE = 300
"""Size of the pool from which a customer is drawn if none is connected."""


class ShopCommandHandler:
    """Executes commands; ``at`` is the current virtual time in seconds since the start."""

    def __init__(self, components: ShopComponents, scenario_manager: ScenarioManager) -> None:
        self._components, self._scenario_manager = components, scenario_manager
        self._products = {product.id: product for product in components.data.catalogue.products}

    def execute(self, command: ShopCommand, at: float) -> CommandOutcome:
        """Execute a command.

        Raises:
            CommandRejected: it cannot be executed; nothing has changed.
        """
        match command:
            case StartScenario(name=name):
                self._scenario_manager.start(name, at)
            case StopScenario(name=name):
                self._scenario_manager.stop(name, at)
            case Restock():
                return self._restock(command, at)
            case SetStock():
                return self._set_stock(command, at)
            case PlaceOrder():
                return self._place_order(command, at)
            case AdvanceOrder():
                return self._advance_order(command, at)
            case Announce():
                return self._announce(command, at)
            case _:
                assert_never(command)
        return None

    def _restock(self, command: Restock, at: float) -> int:
        shelves = self._find_shelves(command.product, command.warehouse)
        if command.product is None:
            shelves = [shelf for shelf in shelves if shelf.status is not StockStatus.SUFFICIENT]
        for shelf in shelves:
            self._components.replenishment.replenish(
                shelf, command.quantity or shelf.product.reorder_quantity, at
            )
        return len(shelves)

    def _set_stock(self, command: SetStock, at: float) -> int:
        shelves = self._find_shelves(command.product, command.warehouse)
        for shelf in shelves:
            self._components.replenishment.set_level(shelf, command.level, at)
        return len(shelves)

    def _find_shelves(self, product_id: str | None, warehouse_name: str | None) -> list[Shelf]:
        if product_id is not None:
            self._get_product(product_id)
        names = [warehouse.name for warehouse in self._components.data.catalogue.warehouses]
        if warehouse_name is not None and warehouse_name not in names:
            raise CommandRejected(
                "warehouse", f"Unknown warehouse; the warehouses are {', '.join(names)}"
            )
        return [
            shelf
            for shelf in self._components.shelves
            if product_id in (None, shelf.product.id) and warehouse_name in (None, shelf.warehouse)
        ]

    def _get_product(self, id: str) -> Product:
        if id not in self._products:
            raise CommandRejected("product", "Unknown product")
        return self._products[id]

    def _place_order(self, command: PlaceOrder, at: float) -> PlacedOrder:
        customer = self._customer(command.customer)
        quantity = command.quantity
        if command.product is None:
            available = [
                (product, shelf)
                for product in self._products.values()
                if (shelf := self._find_shelf(product, quantity, customer))
            ]
            if not available:
                raise CommandRejected("quantity", "No warehouse has that many of any product")
            weights = [product.popularity for product, _ in available]
            ((product, shelf),) = self._components.context.rng.choices(available, weights)
        else:
            product = self._get_product(command.product)
            found = self._find_shelf(product, quantity, customer)
            if found is None:
                raise CommandRejected("quantity", "No warehouse has that many in stock")
            shelf = found
        lines = [(product, quantity, shelf)]
        return self._components.checkout.place_order(
            customer, lines, at, is_followed=True, hold_s=command.hold_s
        )

    def _find_shelf(self, product: Product, quantity: int, customer: Customer) -> Shelf | None:
        return self._components.shelves.find_shelf(product.id, quantity, customer.warehouse)

    def _customer(self, id: str | None) -> Customer:
        if id is None:
            number = self._components.context.rng.randint(
                1, self._components.context.config.connected_customers or CUSTOMER_POOL_SIZE
            )
        else:
            number = int(id.removeprefix("user_"))
        return self._components.data.customers.customer(number)

    def _advance_order(self, command: AdvanceOrder, at: float) -> PlacedOrder:
        order = self._components.fulfilment.find(command.order)
        if order is None:
            raise CommandRejected("order", "Unknown order, or finished too long ago")
        to = command.to or HAPPY_PATH.get(order.status)
        if to is None:
            raise CommandRejected(
                "order", f"{order.order.number} is {order.status} and has no next status"
            )
        try:
            return self._components.fulfilment.change_status(order, to, at, by_hand=True)
        except InvalidTransition as error:
            raise CommandRejected("to", str(error)) from None

    def _announce(self, command: Announce, at: float) -> NotificationPayload:
        notification = NotificationPayload(
            id=self._components.context.next_notification_id(),
            title=command.title,
            body=command.body,
            icon="megaphone",
            priority=command.priority,
            created_at=self._components.context.datetime_at(at),
        )
        self._components.context.publish(EVERYONE, Notification(payload=notification))
        return notification
