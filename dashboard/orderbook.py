"""Recently updated orders and the time of each status.  No clock.

Times are the server's timestamps: simulated time may run faster.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import UNSET, Struct
from msgspec.structs import replace

from protocol.events import Order, OrderItem, OrderStatus, OrderUpdated

KEPT = 2_000  # of the latest news; a flash sale has some 500 on their way
SILENT_S = 900  # an order that nothing was heard of for so long is not on its way any more
WAY = (
    OrderStatus.PENDING,
    OrderStatus.PAID,
    OrderStatus.PROCESSING,
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
)
"""The steps of an order that meets with no trouble."""
CLOSED = frozenset({OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.REFUNDED})
"""Where it stays; a payment that failed may be tried again."""


class Step(Struct, frozen=True):
    """The order entered this status at ``at``."""

    status: OrderStatus
    at: float


class OrderSeen(Struct, frozen=True, kw_only=True):
    """An order with its status history.

    ``history`` is oldest first and ends with the present; earlier statuses may be missing.
    ``heard_placed`` tells whether its ``new_order`` was heard, and so counted.
    """

    id: str
    number: str
    customer_id: str
    customer: str
    items: tuple[OrderItem, ...]
    total: Decimal
    placed_at: float
    history: tuple[Step, ...]
    heard_at: float
    heard_placed: bool
    tracking_number: str = ""
    tracking_url: str = ""
    tracking_status: str = ""
    payment_status: str = ""

    @property
    def status(self) -> OrderStatus:
        """Where it is now."""
        return self.history[-1].status

    @property
    def changed_at(self) -> float:
        """Since when it is there."""
        return self.history[-1].at

    @property
    def is_open(self) -> bool:
        """Tell whether something is still to happen to it."""
        return self.status not in CLOSED

    @property
    def goods(self) -> str:
        """Name what was ordered."""
        return ", ".join(item.name for item in self.items)

    def reached(self, status: OrderStatus) -> float | None:
        """Return when it first came to a status, if that was seen."""
        return next((step.at for step in self.history if step.status is status), None)

    def after(self, update: OrderUpdated, at: float) -> OrderSeen:
        """Return it as an update leaves it; what the update does not name stays."""
        history = self.history
        if not history or history[-1].status is not update.status:
            history = (*history, Step(update.status, at))
        return replace(
            self,
            history=history,
            heard_at=at,
            tracking_number=update.tracking_number or self.tracking_number,
            tracking_url=update.tracking_url or self.tracking_url,
            tracking_status=update.tracking_status or self.tracking_status,
            payment_status=update.payment_status or self.payment_status,
        )

    def took(self, status: OrderStatus) -> float | None:
        """Return the seconds from the previous status to this one; None if unknown."""
        for before, step in zip(self.history, self.history[1:], strict=False):
            if step.status is status:
                return step.at - before.at
        return None


class Orders:
    """The last ``KEPT`` orders, and the total of all placed since the start, paid or not."""

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.count = 0
        self._known: dict[str, OrderSeen] = {}  # the one heard of longest ago first

    def placed(self, order: Order, at: float) -> bool:
        """Take an order, once; return whether it is new."""
        known = self._known.get(order.id)
        if known is not None and known.heard_placed:
            return False
        self.total += order.total
        self.count += 1
        seen = known or _seen(order, Step(order.status, at), at)
        self._keep(replace(seen, placed_at=at, heard_placed=True), at)
        return True

    def moved(self, update: OrderUpdated, at: float) -> None:
        """Apply an update; an unknown order is added if the update contains it."""
        known = self._known.get(update.order_id)
        if known is None:
            if update.order is UNSET:
                return
            known = _seen(update.order, Step(update.status, at), at)
        self._keep(known.after(update, at), at)

    def restarted(self, run: str) -> None:
        """Drop the open orders of earlier simulation runs.

        ``run`` is a part of every id of the present one.
        """
        for order in list(self._known.values()):
            if order.is_open and run not in order.id:
                del self._known[order.id]

    def _keep(self, order: OrderSeen, at: float) -> None:
        self._known.pop(order.id, None)
        self._known[order.id] = replace(order, heard_at=at)
        while len(self._known) > KEPT or self._longest_silent().heard_at < at - SILENT_S:
            del self._known[self._longest_silent().id]

    def _longest_silent(self) -> OrderSeen:
        return next(iter(self._known.values()))

    def newest_first(self) -> tuple[OrderSeen, ...]:
        """Return what is kept, by when it was placed."""
        return tuple(sorted(self._known.values(), key=lambda order: -order.placed_at))


def _seen(order: Order, step: Step, at: float) -> OrderSeen:
    return OrderSeen(
        id=order.id,
        number=order.number,
        customer_id=order.customer.id,
        customer=order.customer.name,
        items=order.items,
        total=order.total,
        placed_at=min(at, order.created_at.timestamp()),
        history=(step,),
        heard_at=at,
        heard_placed=False,
    )
