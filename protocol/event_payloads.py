"""What the shop tells its browsers: the payloads of the events.

Fields without a default are what every publisher must send; a publication is forwarded
with whatever else it carries.  Where the user's document shows a field in its example
but its own code does without it, the field is optional here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from protocol.money import Money

Timestamp = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0)]
Id = Annotated[str, Meta(min_length=1)]


class OrderStatus(StrEnum):
    """Where an order is on its way."""

    PENDING = "pending"
    PAID = "paid"
    PAYMENT_FAILED = "payment_failed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class AlertType(StrEnum):
    """What happened to a shelf: at its threshold, empty, filled again."""

    LOW_STOCK = "low_stock"
    OUT_OF_STOCK = "out_of_stock"
    BACK_IN_STOCK = "back_in_stock"


class CartAction(StrEnum):
    """What happened to a cart."""

    ITEM_ADDED = "item_added"
    ITEM_REMOVED = "item_removed"
    QUANTITY_CHANGED = "quantity_changed"
    CLEARED = "cleared"


class Priority(StrEnum):
    """How urgently a notification wants to be seen."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class CustomerAction(StrEnum):
    """What a customer is doing, as the staff sees it."""

    ARRIVED = "arrived"
    CART = "cart"
    CHAT = "chat"
    LEFT = "left"


class Payload(Struct, frozen=True, omit_defaults=True):
    """The object in a message's ``payload``."""

    def amounts(self) -> tuple[Money, ...]:
        """Return all the money in it."""
        return ()


class CustomerRef(Payload, frozen=True):
    """A customer, by id and by name."""

    id: Id
    name: str


class OrderItem(Payload, frozen=True):
    """One line of an order; ``price`` is for one piece, in UAH."""

    product_id: Id
    name: str
    quantity: Annotated[int, Meta(ge=1)]
    price: Money


class Order(Payload, frozen=True):
    """A whole order; ``total`` is the sum of its items, in ``currency``."""

    id: Id
    number: str
    total: Money
    currency: str
    status: OrderStatus
    customer: CustomerRef
    items: tuple[OrderItem, ...]
    created_at: Timestamp

    def amounts(self) -> tuple[Money, ...]:
        """Return the total and the prices."""
        return (self.total, *(item.price for item in self.items))


class OrderUpdatePayload(Payload, frozen=True):
    """An order has changed: its status, its payment or where its parcel is."""

    order_id: Id
    status: OrderStatus
    previous_status: OrderStatus | UnsetType = UNSET
    payment_status: str | UnsetType = UNSET
    tracking_status: str | UnsetType = UNSET
    tracking_number: str | UnsetType = UNSET
    tracking_url: str | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = UNSET
    order: Order | UnsetType = UNSET

    def amounts(self) -> tuple[Money, ...]:
        """Return those of the order, where it is there."""
        return self.order.amounts() if isinstance(self.order, Order) else ()


class NewOrderPayload(Payload, frozen=True):
    """An order has come in; published on the tenant's channel it is recorded as its customer's."""

    order: Order

    def amounts(self) -> tuple[Money, ...]:
        """Return those of the order."""
        return self.order.amounts()


class NotificationPayload(Payload, frozen=True):
    """Something a person should read; ``action_url`` is followed within the shop's site only."""

    id: Id
    title: str
    body: str
    action_url: str | UnsetType = UNSET
    icon: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    created_at: Timestamp | UnsetType = UNSET


class CartSummary(Payload, frozen=True):
    """A cart as it is now; ``total`` in UAH."""

    id: Id
    item_count: Count
    total: Money


class CartItem(Payload, frozen=True):
    """The line of the cart that changed, with its present quantity."""

    product_id: Id
    name: str
    quantity: Count


class CartUpdatePayload(Payload, frozen=True):
    """A customer's cart has changed; ``item`` is left out when it was cleared."""

    action: CartAction
    cart: CartSummary
    item: CartItem | UnsetType = UNSET

    def amounts(self) -> tuple[Money, ...]:
        """Return the total."""
        return (self.cart.total,)


class InventoryAlertPayload(Payload, frozen=True):
    """A shelf in one warehouse (``location``) is at its threshold, empty or filled again."""

    product_id: Id
    product_name: str
    sku: str
    current_quantity: Count
    threshold: Count
    alert_type: AlertType
    location: str


class CustomerActivityPayload(Payload, frozen=True):
    """A customer arrived, filled a cart, wrote to support or left."""

    customer: CustomerRef
    action: CustomerAction
    created_at: Timestamp


class ChatMessageBody(Payload, frozen=True):
    """One thing that somebody said; the server sets every field but ``content``."""

    id: Id
    sender_id: Id
    sender_name: str
    content: str
    created_at: Timestamp


class ChatMessagePayload(Payload, frozen=True):
    """Something was said in a support conversation."""

    conversation_id: Id
    message: ChatMessageBody
