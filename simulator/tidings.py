"""Publishes order events: on the order's channel, the customer's and the tenant's."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from protocol.channels import Channel, Kind
from protocol.events import OrderPlaced, OrderStatus, OrderUpdated
from protocol.messages import NewOrder, Notification, OrderUpdate
from simulator.desk import Desk
from simulator.notices import about
from simulator.orders import PlacedOrder


class Tidings:
    """Publishes order events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def placed(self, order: PlacedOrder, at: float) -> None:
        """Publish a new order to the tenant and the customer."""
        self._desk.to_staff(NewOrder(payload=OrderPlaced(order=order.order)))
        # Nobody is subscribed to the order yet: the customer's channel carries the first update.
        self._desk.to_user(order.order.customer.id, self._update(order, at, UNSET))
        self._notify(order, at)

    def moved(self, order: PlacedOrder, previous: OrderStatus, at: float) -> None:
        """Publish a status change to the order's channel and the customer."""
        self._tell(order, at, previous)
        self._notify(order, at)

    def tracked(self, order: PlacedOrder, at: float) -> None:
        """Publish a tracking change without a status change."""
        self._tell(order, at, UNSET)

    def _tell(self, order: PlacedOrder, at: float, previous: OrderStatus | UnsetType) -> None:
        update = self._update(order, at, previous)
        self._desk.publish(Channel(Kind.ORDER, order.order.id), update)
        self._desk.to_user(order.order.customer.id, update)

    def _update(
        self, order: PlacedOrder, at: float, previous: OrderStatus | UnsetType
    ) -> OrderUpdate:
        return OrderUpdate(
            payload=OrderUpdated(
                order_id=order.order.id,
                status=order.status,
                previous_status=previous,
                payment_status=order.payment_status,
                tracking_status=order.tracking_status,
                tracking_number=order.tracking_number,
                tracking_url=order.tracking_url,
                updated_at=self._desk.moment(at),
                order=order.order,
            )
        )

    def _notify(self, order: PlacedOrder, at: float) -> None:
        notice = about(order, id=self._desk.notice_id(), at=self._desk.moment(at))
        self._desk.to_user(order.order.customer.id, Notification(payload=notice))
