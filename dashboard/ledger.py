"""Received stock alerts, and recently active customers.  Bounded, no clock."""

from __future__ import annotations

from msgspec import Struct

from protocol.events import Activity, AlertType, CustomerActive, Person, StockAlert

ALERTS = 500
CUSTOMERS = 1_000
ABOUT_S = 300  # a customer who did nothing for so long is not about any more


class AlertSeen(Struct, frozen=True):
    """A stock alert; ``id`` is the dashboard's own, ``at`` when it came."""

    id: int
    at: float
    type: AlertType
    sku: str
    product: str
    left: int
    threshold: int
    warehouse: str


class Alerts:
    """The newest ``ALERTS`` alerts, and which were acknowledged."""

    def __init__(self) -> None:
        self.count = 0
        self._known: dict[int, AlertSeen] = {}
        self._seen: frozenset[int] = frozenset()

    def raised(self, alert: StockAlert, at: float) -> None:
        """Add an alert."""
        self.count += 1
        self._known[self.count] = AlertSeen(
            self.count,
            at,
            alert.alert_type,
            alert.sku,
            alert.product_name,
            alert.current_quantity,
            alert.threshold,
            alert.location,
        )
        while len(self._known) > ALERTS:
            del self._known[next(iter(self._known))]

    def acknowledge(self, id: int) -> None:
        """Note that a person has seen it, for all tabs."""
        self._seen = frozenset(self._known) & (self._seen | {id})

    @property
    def acknowledged(self) -> frozenset[int]:
        """The ids of those that were seen."""
        return self._seen

    def newest_first(self) -> tuple[AlertSeen, ...]:
        """Return what is kept."""
        return tuple(reversed(self._known.values()))


class Customers:
    """Customers with recent activity who have not left."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Person, float]] = {}

    def acted(self, activity: CustomerActive, at: float) -> None:
        """Apply a customer's activity."""
        who = activity.customer
        self._last.pop(who.id, None)
        if activity.action is not Activity.LEFT:
            self._last[who.id] = (who, at)
        while len(self._last) > CUSTOMERS:
            del self._last[next(iter(self._last))]

    def about(self, now: float) -> tuple[Person, ...]:
        """Return the active customers, most recently active first."""
        seen = reversed(self._last.values())
        return tuple(who for who, at in seen if at > now - ABOUT_S)
