"""Revenue of the shop by day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from protocol.event_payloads import OrderStatus
from protocol.money import Money
from simulator.shop.orders import PlacedOrder


class RevenueByDay:
    """Totals of what was paid and not refunded, by the day of payment in UTC."""

    def __init__(self) -> None:
        self._totals: dict[date, Decimal] = {}

    def record(self, order: PlacedOrder) -> None:
        """Record an order that has just changed to its current status."""
        if not order.paid_at:
            return
        day = order.paid_at.date()
        total = self._totals.get(day, Decimal(0))
        if order.status is OrderStatus.PAID:
            self._totals[day] = total + order.order.total
        elif order.status is OrderStatus.REFUNDED:
            self._totals[day] = total - order.order.total

    def total_for(self, day: date) -> Money:
        """Return the revenue of the orders paid on that day."""
        return Money.of(self._totals.get(day, Decimal(0)))
