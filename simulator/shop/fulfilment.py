"""Order fulfilment: schedules and applies the status changes of every order."""

from __future__ import annotations

from collections import Counter, deque
from functools import partial

from msgspec.structs import replace

from protocol.event_payloads import OrderItem, OrderStatus
from protocol.simulator_api import order_id
from simulator.engine.scheduler import Action, ScheduledAction
from simulator.scenarios.active import ActiveScenarios
from simulator.shop.customers import Customer
from simulator.shop.notification_texts import NotificationTexts
from simulator.shop.order_events import OrderEventPublisher
from simulator.shop.order_transitions import (
    BRANCH_TO_CUSTOMER,
    TRANSIT_TO_BRANCH,
    sample_transition,
    usual_transition,
)
from simulator.shop.orders import PlacedOrder, StockAllocation, new_order
from simulator.shop.replenishment import Replenishment
from simulator.shop.revenue import RevenueByDay
from simulator.shop.simulation_context import DurationRange, SimulationContext
from simulator.shop.stock_levels import Shelves

FINISHED_ORDERS_KEPT = 100
RELEASE_DELAY: DurationRange = (2, 90)
HOLD_BY_HAND_S = 180.0
"""Virtual seconds for which the schedule leaves an order alone after a change by hand."""
CANCEL_PROBABILITY = 0.1
"""Probability that an order without a courier is cancelled instead of held."""


class Fulfilment:
    """Every order of the shop.

    ``live`` orders have a scheduled change, oldest first; ``finished`` are the last
    ``FINISHED_ORDERS_KEPT`` others.  Somebody follows an order that a command placed or changed:
    nothing happens to it by chance.
    """

    def __init__(
        self,
        context: SimulationContext,
        shelves: Shelves,
        replenishment: Replenishment,
        active_scenarios: ActiveScenarios,
        texts: NotificationTexts,
    ) -> None:
        self._context, self._shelves, self._replenishment, self._active_scenarios = (
            context,
            shelves,
            replenishment,
            active_scenarios,
        )
        self._texts = texts.tracking
        self._order_events = OrderEventPublisher(context, texts)
        self._scheduled: dict[str, ScheduledAction] = {}
        self._held_by_couriers: dict[str, Action] = {}
        self._followed: set[str] = set()
        self._held_until: dict[str, float] = {}
        self.live: dict[str, PlacedOrder] = {}
        self.finished: deque[PlacedOrder] = deque(maxlen=FINISHED_ORDERS_KEPT)
        self.by_status: Counter[OrderStatus] = Counter()
        self.revenue = RevenueByDay()

    def find(self, id: str) -> PlacedOrder | None:
        """Find an order that is live or among the last finished ones."""
        return self.live.get(id) or next((o for o in self.finished if o.order.id == id), None)

    def place_order(
        self,
        customer: Customer,
        items: tuple[OrderItem, ...],
        allocations: tuple[StockAllocation, ...],
        at: float,
        *,
        is_followed: bool = False,
        hold_s: float = 0.0,
    ) -> PlacedOrder:
        """Create an order; the caller takes the items from the shelves.

        The schedule leaves it alone for ``hold_s``.
        """
        run_id, count = self._context.config.run_id, self._context.next_number("order")
        order = new_order(
            id=order_id(run_id, count),
            number=f"ORD-{run_id.upper()}-{count:03d}",
            customer=customer.person,
            city=customer.city,
            items=items,
            allocations=allocations,
            at=self._context.datetime_at(at),
        )
        if is_followed:
            self._followed.add(order.order.id)
        if hold_s:
            self._held_until[order.order.id] = at + hold_s
        self.by_status[order.status] += 1
        self._order_events.order_placed(order, at)
        self._schedule_next(order, at)
        return order

    def change_status(
        self, before: PlacedOrder, to: OrderStatus, at: float, *, by_hand: bool = False
    ) -> PlacedOrder:
        """Change the status of an order now; its scheduled change is cancelled.

        ``by_hand``: somebody follows the order from now on, and the schedule leaves it alone for
        ``HOLD_BY_HAND_S``.

        Raises:
            InvalidTransition: the transition is not allowed; nothing has changed.
        """
        id = before.order.id
        order = before.with_status(to, self._context.datetime_at(at))
        self._cancel_scheduled(id)
        if by_hand:
            self._followed.add(id)
        if before.order.id not in self.live:
            self.finished.remove(before)
        if to is OrderStatus.SHIPPED:
            number = f"2045{self._context.rng.randrange(10**10):010d}"
            status = self._texts.in_transit.format(city=order.city)
            order = replace(order, tracking_number=number, tracking_status=status)
        elif to is OrderStatus.DELIVERED:
            order = replace(order, tracking_status=self._texts.delivered)
        self.by_status[before.status] -= 1
        self.by_status[to] += 1
        self._order_events.status_changed(order, before.status, at)
        self.revenue.record(order)
        if to is OrderStatus.CANCELLED:
            for allocation in order.allocations:
                shelf = self._shelves.get(allocation.product_id, allocation.warehouse)
                self._replenishment.return_sold(shelf, allocation.quantity, at)
        self._schedule_next(order, at + HOLD_BY_HAND_S if by_hand else at)
        return order

    def release_held(self, at: float) -> None:
        """Reschedule the parcels that were held for couriers."""
        held, self._held_by_couriers = self._held_by_couriers, {}
        for id, action in held.items():
            self._schedule(id, RELEASE_DELAY, action, at)

    def _schedule_next(self, order: PlacedOrder, at: float) -> None:
        """Schedule the next change after ``at``, if any."""
        id = order.order.id
        at = max(at, self._held_until.get(id, at))
        if order.status is OrderStatus.SHIPPED:
            self.live[id] = order
            self._schedule(id, TRANSIT_TO_BRANCH, partial(self._arrive_at_branch, id), at)
            return
        if id in self._followed:
            transition = usual_transition(order)
        else:
            transition = sample_transition(
                order, self._active_scenarios.failure_multiplier, self._context.rng
            )
        if transition is None:
            self._followed.discard(id)
            self._held_until.pop(id, None)
            self.live.pop(id, None)
            self.finished.append(order)
            return
        self.live[id] = order
        action = partial(self._apply_transition, id, transition.to)
        self._schedule(id, transition.duration_s, action, at)

    def _schedule(self, id: str, duration: DurationRange, action: Action, at: float) -> None:
        self._scheduled[id] = self._context.scheduler.call_at(
            at + self._context.sample_duration(duration), action
        )

    def _cancel_scheduled(self, id: str) -> None:
        self._held_by_couriers.pop(id, None)
        if scheduled := self._scheduled.pop(id, None):
            scheduled.cancel()

    def _apply_transition(self, id: str, to: OrderStatus, at: float) -> None:
        """Apply a scheduled transition, unless payments or couriers are down."""
        order = self.live[id]
        if to is OrderStatus.PAID and not self._active_scenarios.payments_work:
            if order.status is OrderStatus.PENDING:
                self.change_status(order, OrderStatus.PAYMENT_FAILED, at)
            else:
                self._schedule_next(order, at)
        elif to is OrderStatus.SHIPPED and not self._active_scenarios.couriers_work:
            is_cancelled = self._context.rng.random() < CANCEL_PROBABILITY
            if is_cancelled and id not in self._followed:
                self.change_status(order, OrderStatus.CANCELLED, at)
            else:
                self._held_by_couriers[id] = partial(self._apply_transition, id, to)
        elif to is OrderStatus.DELIVERED and not self._active_scenarios.couriers_work:
            self._delay(order, partial(self._apply_transition, id, to), at)
        else:
            self.change_status(order, to, at)

    def _arrive_at_branch(self, id: str, at: float) -> None:
        """Record that the parcel is at its branch: only its tracking changes."""
        order = self.live[id]
        if not self._active_scenarios.couriers_work:
            self._delay(order, partial(self._arrive_at_branch, id), at)
            return
        branch = self._context.rng.randint(1, 60)
        self._set_tracking(order, self._texts.at_branch.format(branch=branch), at)
        self._schedule(
            id, BRANCH_TO_CUSTOMER, partial(self._apply_transition, id, OrderStatus.DELIVERED), at
        )

    def _delay(self, order: PlacedOrder, action: Action, at: float) -> None:
        self._held_by_couriers[order.order.id] = action
        self._set_tracking(order, self._texts.delayed, at)

    def _set_tracking(self, order: PlacedOrder, tracking_status: str, at: float) -> None:
        order = replace(order, tracking_status=tracking_status)
        self.live[order.order.id] = order
        self._order_events.tracking_changed(order, at)
