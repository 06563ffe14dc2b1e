"""Received stock alerts, and recently active customers.  Bounded, no clock."""

from __future__ import annotations

from msgspec import Struct

from protocol.event_payloads import (
    AlertType,
    CustomerAction,
    CustomerActivityPayload,
    CustomerRef,
    InventoryAlertPayload,
)

MAX_ALERTS = 500
MAX_CUSTOMERS = 1_000
ACTIVE_S = 300  # a customer who did nothing for so long is not about any more


class AlertRecord(Struct, frozen=True):
    """A stock alert; ``id`` is the dashboard's own, ``at`` when it came."""

    id: int
    at: float
    type: AlertType
    sku: str
    product: str
    quantity: int
    threshold: int
    warehouse: str


class AlertLog:
    """The newest ``MAX_ALERTS`` alerts, and which were acknowledged."""

    def __init__(self) -> None:
        self.count = 0
        self._alerts: dict[int, AlertRecord] = {}
        self._acknowledged: frozenset[int] = frozenset()

    def add(self, alert: InventoryAlertPayload, at: float) -> None:
        """Add an alert."""
        self.count += 1
        self._alerts[self.count] = AlertRecord(
            self.count,
            at,
            alert.alert_type,
            alert.sku,
            alert.product_name,
            alert.current_quantity,
            alert.threshold,
            alert.location,
        )
        while len(self._alerts) > MAX_ALERTS:
            del self._alerts[next(iter(self._alerts))]

    def acknowledge(self, id: int) -> None:
        """Note that a person has seen it, for all tabs."""
        self._acknowledged = frozenset(self._alerts) & (self._acknowledged | {id})

    @property
    def acknowledged(self) -> frozenset[int]:
        """The ids of those that were seen."""
        return self._acknowledged

    def newest_first(self) -> tuple[AlertRecord, ...]:
        """Return what is kept."""
        return tuple(reversed(self._alerts.values()))


class ActiveCustomers:
    """Customers with recent activity who have not left."""

    def __init__(self) -> None:
        self._last_activity: dict[str, tuple[CustomerRef, float]] = {}

    def on_activity(self, activity: CustomerActivityPayload, at: float) -> None:
        """Apply a customer's activity."""
        who = activity.customer
        self._last_activity.pop(who.id, None)
        if activity.action is not CustomerAction.LEFT:
            self._last_activity[who.id] = (who, at)
        while len(self._last_activity) > MAX_CUSTOMERS:
            del self._last_activity[next(iter(self._last_activity))]

    def active(self, now: float) -> tuple[CustomerRef, ...]:
        """Return the active customers, most recently active first."""
        seen = reversed(self._last_activity.values())
        return tuple(who for who, at in seen if at > now - ACTIVE_S)
