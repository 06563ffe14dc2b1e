"""Who is told of an order, and what: the order's own channel, its customer, the staff."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from protocol.channels import Channel, Kind
from protocol.events import OrderPlaced, OrderStatus, OrderUpdated
from protocol.messages import NewOrder, Notification, OrderUpdate
from simulator.desk import Desk
from simulator.notices import about
from simulator.orders import PlacedOrder


class Tidings:
    """Publishes the news of orders."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def placed(self, order: PlacedOrder, at: float) -> None:
        """Tell the staff and the customer of a new order."""
        self._desk.to_staff(NewOrder(payload=OrderPlaced(order=order.order)))
        # The order's own channel has no listener yet: this is how its owner's screens learn of it.
        self._desk.to_user(order.order.customer.id, self._update(order, at, UNSET))
        self._notify(order, at)

    def moved(self, order: PlacedOrder, previous: OrderStatus, at: float) -> None:
        """Tell the order's channel and its customer of a new status."""
        self._tell(order, at, previous)
        self._notify(order, at)

    def tracked(self, order: PlacedOrder, at: float) -> None:
        """Tell them where its parcel is, in the status of before."""
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
