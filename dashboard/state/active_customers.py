"""Recently active customers, bounded.  Pure."""

from __future__ import annotations

from protocol.event_payloads import CustomerAction, CustomerActivityPayload, CustomerRef

MAX_CUSTOMERS = 1_000
ACTIVE_S = 300  # after so long without activity a customer counts as gone


class ActiveCustomers:
    """Customers with recent activity who have not left."""

    def __init__(self) -> None:
        self._last_activity: dict[str, tuple[CustomerRef, float]] = {}

    def on_activity(self, activity: CustomerActivityPayload, at: float) -> None:
        """Apply a customer's activity."""
        customer = activity.customer
        self._last_activity.pop(customer.id, None)
        if activity.action is not CustomerAction.LEFT:
            self._last_activity[customer.id] = (customer, at)
        while len(self._last_activity) > MAX_CUSTOMERS:
            del self._last_activity[next(iter(self._last_activity))]

    def active(self, now: float) -> tuple[CustomerRef, ...]:
        """Return the active customers, most recently active first."""
        newest_first = reversed(self._last_activity.values())
        return tuple(customer for customer, at in newest_first if at > now - ACTIVE_S)
