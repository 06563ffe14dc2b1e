"""Recently updated orders and the time of each status.  No clock.

Times are the server's timestamps: simulated time may run faster.  Orders come from messages;
the simulator's state corrects what messages missed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import UNSET, Struct
from msgspec.structs import replace

from protocol.event_payloads import Order, OrderItem, OrderStatus, OrderUpdatePayload
from protocol.simulator_api import OrderState, ShopState, is_order_of_run

MAX_ORDERS = 2_000  # the most recently updated; a flash sale has some 500 open orders
STALE_AFTER_S = 900  # an order without updates for so long is dropped
LISTED_LIVE_ORDERS = 500  # in the simulator's state; older live ones are not listed
SETTLE_S = 1.5  # a message that the simulator's state was ahead of has arrived after so long
HAPPY_PATH = (
    OrderStatus.PENDING,
    OrderStatus.PAID,
    OrderStatus.PROCESSING,
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
)
"""The statuses of an order without failures."""
FINAL_STATUSES = frozenset({OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.REFUNDED})
"""The last statuses of an order; a failed payment may be retried."""


class StatusStep(Struct, frozen=True):
    """The order entered this status at ``at``."""

    status: OrderStatus
    at: float


class TrackedOrder(Struct, frozen=True, kw_only=True):
    """An order with its status history.

    ``history`` is oldest first and ends with the current status; earlier ones may be missing.
    ``placement_received`` tells whether its ``new_order`` was received and therefore counted.
    """

    id: str
    number: str
    customer_id: str
    customer: str
    items: tuple[OrderItem, ...]
    total: Decimal
    placed_at: float
    history: tuple[StatusStep, ...]
    updated_at: float
    placement_received: bool
    tracking_number: str = ""
    tracking_url: str = ""
    tracking_status: str = ""
    payment_status: str = ""

    @property
    def status(self) -> OrderStatus:
        """The current status."""
        return self.history[-1].status

    @property
    def changed_at(self) -> float:
        """When the order entered its current status."""
        return self.history[-1].at

    @property
    def is_open(self) -> bool:
        """Whether further updates are expected."""
        return self.status not in FINAL_STATUSES

    @property
    def item_names(self) -> str:
        """The names of the products, separated by commas."""
        return ", ".join(item.name for item in self.items)

    def with_update(self, update: OrderUpdatePayload, at: float) -> TrackedOrder:
        """Return the order after an update; fields missing in the update stay."""
        history = self.history
        if not history or history[-1].status is not update.status:
            history = (*history, StatusStep(update.status, at))
        return replace(
            self,
            history=history,
            updated_at=at,
            tracking_number=update.tracking_number or self.tracking_number,
            tracking_url=update.tracking_url or self.tracking_url,
            tracking_status=update.tracking_status or self.tracking_status,
            payment_status=update.payment_status or self.payment_status,
        )

    def duration_until(self, status: OrderStatus) -> float | None:
        """Return the seconds from the previous status to this one; None if unknown."""
        for before, step in zip(self.history, self.history[1:], strict=False):
            if step.status is status:
                return step.at - before.at
        return None


class OrderTracker:
    """The last ``MAX_ORDERS`` orders, and the total of all placed since the start, paid or not."""

    def __init__(self) -> None:
        self.total_amount = Decimal(0)
        self.count = 0
        self._orders: dict[str, TrackedOrder] = {}  # the one updated longest ago first
        self._differs_since: dict[str, float] = {}  # by id, from the simulator's state

    def on_placed(self, order: Order, at: float) -> bool:
        """Add an order unless it was counted already; return whether it is new."""
        known = self._orders.get(order.id)
        if known is not None and known.placement_received:
            return False
        self.total_amount += order.total
        self.count += 1
        seen = known or _tracked(order, StatusStep(order.status, at), at)
        self._store(replace(seen, placed_at=at, placement_received=True), at)
        return True

    def on_update(self, update: OrderUpdatePayload, at: float) -> None:
        """Apply an update; an unknown order is added if the update contains it."""
        known = self._orders.get(update.order_id)
        if known is None:
            if update.order is UNSET:
                return
            known = _tracked(update.order, StatusStep(update.status, at), at)
        self._store(known.with_update(update, at), at)

    def drop_other_runs(self, run: str) -> None:
        """Drop the open orders of other simulation runs."""
        for order in list(self._orders.values()):
            if order.is_open and not is_order_of_run(order.id, run):
                del self._orders[order.id]

    def reconcile(self, shop: ShopState, at: float) -> None:
        """Correct the open orders by the simulator's state at ``at``.

        Messages can be missed: before the start, during an outage, and above the monitor's
        sampling rate.  An order that the simulator does not know is dropped, one that it alone
        knows is added.  State and messages arrive independently, so an order is corrected only
        if it has differed for ``SETTLE_S``.
        """
        listed = {order.id: order for order in shop.orders}
        differing = {
            id for id, order in self._orders.items() if _differs(order, listed.get(id), shop)
        } | {
            id
            for id, order in listed.items()
            if id not in self._orders and order.status not in FINAL_STATUSES
        }
        self._differs_since = {id: self._differs_since.get(id, at) for id in differing}
        for id in [id for id, since in self._differs_since.items() if since <= at - SETTLE_S]:
            del self._differs_since[id]
            if order := listed.get(id):
                self._correct(order, shop, at)
            else:
                self._orders.pop(id, None)

    def _correct(self, order: OrderState, shop: ShopState, at: float) -> None:
        """Set an order to the simulator's state; its virtual times become those of the server."""

        def time_of(moment: datetime) -> float:
            return at - (shop.now - moment).total_seconds() / shop.speed

        history = tuple(StatusStep(step.status, time_of(step.at)) for step in order.history)
        known = self._orders.get(order.id) or replace(
            _tracked(order, history[-1], history[-1].at), placed_at=time_of(order.created_at)
        )
        corrected = replace(
            known,
            history=history,
            tracking_number=order.tracking_number or known.tracking_number,
            tracking_url=order.tracking_url or known.tracking_url,
            tracking_status=order.tracking_status or known.tracking_status,
            payment_status=order.payment_status,
        )
        self._store(corrected, at)

    def _store(self, order: TrackedOrder, at: float) -> None:
        self._orders.pop(order.id, None)
        self._orders[order.id] = replace(order, updated_at=at)
        while len(self._orders) > MAX_ORDERS or self._stalest().updated_at < at - STALE_AFTER_S:
            del self._orders[self._stalest().id]

    def _stalest(self) -> TrackedOrder:
        return next(iter(self._orders.values()))

    def newest_first(self) -> tuple[TrackedOrder, ...]:
        """Return the orders by the time of their placement."""
        return tuple(sorted(self._orders.values(), key=lambda order: -order.placed_at))


def _differs(order: TrackedOrder, state: OrderState | None, shop: ShopState) -> bool:
    """Tell whether messages about an order were missed, by the simulator's state of it.

    An order that is ahead of that state does not differ: the next state has caught up.
    """
    if not order.is_open:
        return False
    if state is None:
        return shop.live_orders <= LISTED_LIVE_ORDERS or not is_order_of_run(order.id, shop.run)
    return all(step.status is not state.status for step in order.history)


def _tracked(order: Order, step: StatusStep, at: float) -> TrackedOrder:
    return TrackedOrder(
        id=order.id,
        number=order.number,
        customer_id=order.customer.id,
        customer=order.customer.name,
        items=order.items,
        total=order.total,
        placed_at=min(at, order.created_at.timestamp()),
        history=(step,),
        updated_at=at,
        placement_received=False,
    )
