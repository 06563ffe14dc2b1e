"""Received stock alerts, bounded.  Pure."""

from __future__ import annotations

from msgspec import Struct

from protocol.event_payloads import AlertType, InventoryAlertPayload

MAX_ALERTS = 500
STILL_LOW = "still_low"


class AlertRecord(Struct, frozen=True):
    """A stock alert; ``id`` is assigned by the dashboard, ``at`` is when it was sent."""

    id: int
    at: float
    type: AlertType
    sku: str
    product: str
    quantity: int
    threshold: int
    warehouse: str

    @property
    def state(self) -> str:
        """The type, or ``STILL_LOW`` if it is back but not over its threshold."""
        is_low = self.type is AlertType.BACK_IN_STOCK and self.quantity <= self.threshold
        return STILL_LOW if is_low else self.type


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
        """Mark an alert as seen, for all tabs."""
        self._acknowledged = frozenset(self._alerts) & (self._acknowledged | {id})

    @property
    def acknowledged(self) -> frozenset[int]:
        """The ids of the alerts that were seen."""
        return self._acknowledged

    def newest_first(self) -> tuple[AlertRecord, ...]:
        """Return the stored alerts."""
        return tuple(reversed(self._alerts.values()))
