"""Orders and stock alerts as they came, newest first, and who was about.  Bounded; no clock."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from protocol.events import Activity, AlertType, CustomerActive, Order, OrderStatus, StockAlert

ORDERS = 200
ALERTS = 500
CUSTOMERS = 1_000
ABOUT_S = 300  # a customer who did nothing for so long is not about any more
CLOSED = frozenset(
    {
        OrderStatus.DELIVERED,
        OrderStatus.CANCELLED,
        OrderStatus.REFUNDED,
        OrderStatus.PAYMENT_FAILED,
    }
)


class OrderSeen(Struct, frozen=True):
    """An order as its ``new_order`` told it, with the newest status that was seen."""

    id: str
    number: str
    status: OrderStatus
    customer: str
    items: str
    total: Decimal
    placed_at: float

    @property
    def is_open(self) -> bool:
        """Tell whether something is still to happen to it."""
        return self.status not in CLOSED


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


class Orders:
    """The newest ``ORDERS``, and the sum of all since the start, paid or not."""

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.count = 0
        self._known: dict[str, OrderSeen] = {}

    def placed(self, order: Order, at: float) -> bool:
        """Take an order, once; return whether it is new."""
        if order.id in self._known:
            return False
        self.total += order.total
        self.count += 1
        self._known[order.id] = OrderSeen(
            order.id,
            order.number,
            order.status,
            order.customer.name,
            ", ".join(item.name for item in order.items),
            order.total,
            at,
        )
        while len(self._known) > ORDERS:
            del self._known[next(iter(self._known))]
        return True

    def moved(self, id: str, status: OrderStatus) -> None:
        """Follow an order's status; an order from before our time stays unknown."""
        order = self._known.get(id)
        if order is not None:
            self._known[id] = replace(order, status=status)

    def newest_first(self) -> tuple[OrderSeen, ...]:
        """Return what is kept."""
        return tuple(reversed(self._known.values()))


class Alerts:
    """The newest ``ALERTS``, and which of them somebody has seen."""

    def __init__(self) -> None:
        self.count = 0
        self._known: dict[int, AlertSeen] = {}
        self._seen: frozenset[int] = frozenset()

    def raised(self, alert: StockAlert, at: float) -> None:
        """Take an alert."""
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
    """Who did something lately and has not left since."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def acted(self, activity: CustomerActive, at: float) -> None:
        """Take what a customer did."""
        self._last.pop(activity.customer.id, None)
        if activity.action is not Activity.LEFT:
            self._last[activity.customer.id] = at
        while len(self._last) > CUSTOMERS:
            del self._last[next(iter(self._last))]

    def about(self, now: float) -> int:
        """Count them."""
        return sum(at > now - ABOUT_S for at in self._last.values())
