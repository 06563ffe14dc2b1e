"""Payloads of events.

Fields without a default are required; unknown fields are forwarded as published.  Fields that
the examples of docs/protocol.md show and no client needs are optional.
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
    """Status of an order."""

    PENDING = "pending"
    PAID = "paid"
    PAYMENT_FAILED = "payment_failed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class AlertType(StrEnum):
    """Kind of a stock alert."""

    LOW_STOCK = "low_stock"
    OUT_OF_STOCK = "out_of_stock"
    BACK_IN_STOCK = "back_in_stock"


class CartAction(StrEnum):
    """Kind of a cart update."""

    ITEM_ADDED = "item_added"
    ITEM_REMOVED = "item_removed"
    QUANTITY_CHANGED = "quantity_changed"
    CLEARED = "cleared"


class Priority(StrEnum):
    """Priority of a notification."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class CustomerAction(StrEnum):
    """Activity of a customer, for the staff."""

    ARRIVED = "arrived"
    CART = "cart"
    CHAT = "chat"
    LEFT = "left"


class Payload(Struct, frozen=True, omit_defaults=True):
    """Base of all payloads."""

    def amounts(self) -> tuple[Money, ...]:
        """Return all amounts of money in the payload."""
        return ()


class CustomerRef(Payload, frozen=True):
    """Id and name of a customer."""

    id: Id
    name: str


class OrderItem(Payload, frozen=True):
    """One line of an order; ``price`` is per piece, in UAH."""

    product_id: Id
    name: str
    quantity: Annotated[int, Meta(ge=1)]
    price: Money


class Order(Payload, frozen=True):
    """An order; ``total`` is the sum of its items, in ``currency``."""

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
    """A change of an order: its status, payment or tracking."""

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
        """Return the amounts of the order, if it is included."""
        return self.order.amounts() if isinstance(self.order, Order) else ()


class NewOrderPayload(Payload, frozen=True):
    """A new order; published on the tenant's channel, it records the customer as owner."""

    order: Order

    def amounts(self) -> tuple[Money, ...]:
        """Return the amounts of the order."""
        return self.order.amounts()


class NotificationPayload(Payload, frozen=True):
    """A text for a person; ``action_url`` is followed within the shop's site only."""

    id: Id
    title: str
    body: str
    action_url: str | UnsetType = UNSET
    icon: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    created_at: Timestamp | UnsetType = UNSET


class CartSummary(Payload, frozen=True):
    """Current state of a cart; ``total`` is in UAH."""

    id: Id
    item_count: Count
    total: Money


class CartItem(Payload, frozen=True):
    """The changed line of the cart, with its current quantity."""

    product_id: Id
    name: str
    quantity: Count


class CartUpdatePayload(Payload, frozen=True):
    """A change of a cart; ``item`` is omitted if the cart was cleared."""

    action: CartAction
    cart: CartSummary
    item: CartItem | UnsetType = UNSET

    def amounts(self) -> tuple[Money, ...]:
        """Return the total."""
        return (self.cart.total,)


class InventoryAlertPayload(Payload, frozen=True):
    """A stock alert of a product in one warehouse (``location``)."""

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
    """One chat message; the server sets every field except ``content``."""

    id: Id
    sender_id: Id
    sender_name: str
    content: str
    created_at: Timestamp


class ChatMessagePayload(Payload, frozen=True):
    """A message in a support conversation."""

    conversation_id: Id
    message: ChatMessageBody
