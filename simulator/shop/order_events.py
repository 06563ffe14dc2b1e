"""Publishes order events: on the order's channel, the customer's and the tenant's."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from protocol.channels import Channel, ChannelKind
from protocol.event_payloads import NewOrderPayload, OrderStatus, OrderUpdatePayload
from protocol.messages import NewOrder, Notification, OrderUpdate
from simulator.shop.notification_texts import NotificationTexts, order_notification
from simulator.shop.orders import PlacedOrder
from simulator.shop.simulation_context import SimulationContext


class OrderEventPublisher:
    """Publishes order events, with notifications in the language of the texts."""

    def __init__(self, context: SimulationContext, texts: NotificationTexts) -> None:
        self._context, self._texts = context, texts

    def order_placed(self, order: PlacedOrder, at: float) -> None:
        """Publish a new order to the tenant and the customer."""
        self._context.publish_to_staff(NewOrder(payload=NewOrderPayload(order=order.order)))
        # The order's channel has no subscribers yet: the first update goes to the customer's.
        self._context.publish_to_user(order.order.customer.id, self._order_update(order, at, UNSET))
        self._notify(order, at)

    def status_changed(self, order: PlacedOrder, previous: OrderStatus, at: float) -> None:
        """Publish a status change to the order's channel and the customer."""
        self._publish_update(order, at, previous)
        self._notify(order, at)

    def tracking_changed(self, order: PlacedOrder, at: float) -> None:
        """Publish a tracking change without a status change."""
        self._publish_update(order, at, UNSET)

    def _publish_update(
        self, order: PlacedOrder, at: float, previous: OrderStatus | UnsetType
    ) -> None:
        update = self._order_update(order, at, previous)
        self._context.publish(Channel(ChannelKind.ORDER, order.order.id), update)
        self._context.publish_to_user(order.order.customer.id, update)

    def _order_update(
        self, order: PlacedOrder, at: float, previous: OrderStatus | UnsetType
    ) -> OrderUpdate:
        return OrderUpdate(
            payload=OrderUpdatePayload(
                order_id=order.order.id,
                status=order.status,
                previous_status=previous,
                payment_status=order.payment_status,
                tracking_status=order.tracking_status,
                tracking_number=order.tracking_number,
                tracking_url=order.tracking_url,
                updated_at=self._context.datetime_at(at),
                order=order.order,
            )
        )

    def _notify(self, order: PlacedOrder, at: float) -> None:
        notification = order_notification(
            self._texts,
            order,
            id=self._context.next_notification_id(),
            at=self._context.datetime_at(at),
        )
        self._context.publish_to_user(order.order.customer.id, Notification(payload=notification))
