"""An order and its allowed transitions."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from protocol.event_payloads import CustomerRef, Order, OrderItem, OrderStatus
from protocol.money import Money
from protocol.simulator_api import StatusChange

CURRENCY = "UAH"
_PENDING, _PAID, _FAILED = OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.PAYMENT_FAILED
_PROCESSING, _SHIPPED = OrderStatus.PROCESSING, OrderStatus.SHIPPED
_DELIVERED, _CANCELLED = OrderStatus.DELIVERED, OrderStatus.CANCELLED
_REFUNDED = OrderStatus.REFUNDED

ALLOWED_TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    _PENDING: frozenset({_PAID, _FAILED, _CANCELLED}),
    _FAILED: frozenset({_PAID, _CANCELLED}),
    _PAID: frozenset({_PROCESSING, _CANCELLED}),
    _PROCESSING: frozenset({_SHIPPED, _CANCELLED}),
    _SHIPPED: frozenset({_DELIVERED}),
    _DELIVERED: frozenset({_REFUNDED}),
    _CANCELLED: frozenset({_REFUNDED}),
    _REFUNDED: frozenset(),
}
"""Allowed next statuses; only paid orders can be refunded."""

FINISHED_STATUSES = frozenset({_DELIVERED, _CANCELLED, _REFUNDED})
"""No delivery is pending; a refund may still follow."""


class InvalidTransition(Exception):
    """The transition is not allowed."""


class StockAllocation(Struct, frozen=True):
    """Items that an order took from one shelf."""

    product_id: str
    warehouse: str
    quantity: int


class PlacedOrder(Struct, frozen=True, kw_only=True):
    """An immutable order with its history.

    ``history`` has every status with its time, the current one last.
    """

    order: Order
    city: str
    allocations: tuple[StockAllocation, ...]
    history: tuple[StatusChange, ...]
    tracking_number: str | UnsetType = UNSET
    tracking_status: str | UnsetType = UNSET

    @property
    def status(self) -> OrderStatus:
        """The current status."""
        return self.order.status

    @property
    def paid_at(self) -> datetime | None:
        """When it was paid; None if it was not."""
        return next((change.at for change in self.history if change.status is _PAID), None)

    @property
    def payment_status(self) -> str:
        """The payment status; ``void``: cancelled before payment."""
        if self.status is _REFUNDED:
            return "refunded"
        if self.paid_at:
            return "paid"
        if self.status is _CANCELLED:
            return "void"
        return "failed" if self.status is _FAILED else "pending"

    @property
    def tracking_url(self) -> str | UnsetType:
        """The tracking URL, if shipped."""
        if isinstance(self.tracking_number, UnsetType):
            return UNSET
        return f"https://novaposhta.ua/track/{self.tracking_number}"

    def with_status(self, to: OrderStatus, at: datetime) -> PlacedOrder:
        """Return a copy with a new status.

        Raises:
            InvalidTransition: the order cannot change to that status now.
        """
        is_unpaid_refund = to is _REFUNDED and not self.paid_at
        if to not in ALLOWED_TRANSITIONS[self.status] or is_unpaid_refund:
            raise InvalidTransition(f"{self.order.number} is {self.status} and cannot become {to}")
        return replace(
            self,
            order=replace(self.order, status=to),
            history=(*self.history, StatusChange(to, at)),
        )


def new_order(
    *,
    id: str,
    number: str,
    customer: CustomerRef,
    city: str,
    items: tuple[OrderItem, ...],
    allocations: tuple[StockAllocation, ...],
    at: datetime,
) -> PlacedOrder:
    """Create an order of at least one item; its total is the sum of the items."""
    order = Order(
        id=id,
        number=number,
        total=Money.of(sum((item.price * item.quantity for item in items), Money("0.00"))),
        currency=CURRENCY,
        status=_PENDING,
        customer=customer,
        items=items,
        created_at=at,
    )
    return PlacedOrder(
        order=order, city=city, allocations=allocations, history=(StatusChange(_PENDING, at),)
    )
