"""Order fulfilment: schedules and applies the status changes of every order."""

from __future__ import annotations

from collections import Counter, deque
from functools import partial

from msgspec.structs import replace

from protocol.events import OrderItem, OrderStatus
from simulator.agenda import Action, Plan
from simulator.customers import Customer
from simulator.desk import Desk, Span
from simulator.ledger import Ledger
from simulator.orders import PlacedOrder, Taken, place
from simulator.stage import Stage
from simulator.supply import Supply
from simulator.tidings import Tidings
from simulator.warehouse import Stock
from simulator.ways import TO_BRANCH, TO_HANDS, choose

KEPT = 100  # finished orders that stay available
AFTER_A_STRIKE: Span = (2, 90)
GIVE_UP = 0.1
"""Probability that an order without a courier is cancelled instead of held."""
DELAYED = "Затримується: страйк кур’єрів"


class Fulfilment:
    """Every order of the shop.

    ``live`` orders have a scheduled change, oldest first; ``done`` are the last ``KEPT`` finished
    ones.
    """

    def __init__(self, desk: Desk, stock: Stock, supply: Supply, stage: Stage) -> None:
        self._desk, self._stock, self._supply, self._stage = desk, stock, supply, stage
        self._tidings = Tidings(desk)
        self._plans: dict[str, Plan] = {}
        self._held: dict[str, Action] = {}
        self.live: dict[str, PlacedOrder] = {}
        self.done: deque[PlacedOrder] = deque(maxlen=KEPT)
        self.by_status: Counter[OrderStatus] = Counter()
        self.ledger = Ledger()

    def find(self, id: str) -> PlacedOrder | None:
        """Find an order that is live or among the last finished ones."""
        return self.live.get(id) or next((o for o in self.done if o.order.id == id), None)

    def place(
        self, customer: Customer, items: tuple[OrderItem, ...], taken: tuple[Taken, ...], at: float
    ) -> PlacedOrder:
        """Create an order; the caller takes its items from the shelves."""
        run, count = self._desk.start.run, self._desk.number("order")
        placed = place(
            id=f"ord_{run}_{count}",
            number=f"ORD-{run.upper()}-{count:03d}",
            customer=customer.person,
            city=customer.city,
            items=items,
            taken=taken,
            at=self._desk.moment(at),
        )
        self.by_status[placed.status] += 1
        self._tidings.placed(placed, at)
        self._expect(placed, at)
        return placed

    def move(self, before: PlacedOrder, to: OrderStatus, at: float) -> PlacedOrder:
        """Change the status of an order now; its scheduled change is cancelled.

        Raises:
            NotAllowed: the transition is not allowed; nothing has changed.
        """
        id = before.order.id
        order = before.moved(to, self._desk.moment(at))
        self._forget_plan(id)
        if before.order.id not in self.live:
            self.done.remove(before)
        if to is OrderStatus.SHIPPED:
            number = f"2045{self._desk.draw.randrange(10**10):010d}"
            status = f"Прямує до міста {order.city}"
            order = replace(order, tracking_number=number, tracking_status=status)
        elif to is OrderStatus.DELIVERED:
            order = replace(order, tracking_status="Отримано")
        self.by_status[before.status] -= 1
        self.by_status[to] += 1
        self._tidings.moved(order, before.status, at)
        self.ledger.note(order)
        if to is OrderStatus.CANCELLED:
            for taken in order.taken:
                shelf = self._stock.shelf(taken.product_id, taken.warehouse)
                self._supply.put_back(shelf, taken.quantity, at)
        self._expect(order, at)
        return order

    def let_go(self, at: float) -> None:
        """Reschedule the parcels that were held for couriers."""
        held, self._held = self._held, {}
        for id, action in held.items():
            self._plan(id, AFTER_A_STRIKE, action, at)

    def _expect(self, order: PlacedOrder, at: float) -> None:
        """Schedule the next change, if any."""
        id = order.order.id
        if order.status is OrderStatus.SHIPPED:
            self.live[id] = order
            self._plan(id, TO_BRANCH, partial(self._arrive, id), at)
            return
        way = choose(order, self._stage.mishaps, self._desk.draw)
        if way is None:
            self.live.pop(id, None)
            self.done.append(order)
            return
        self.live[id] = order
        self._plan(id, way.takes_s, partial(self._go, id, way.to), at)

    def _plan(self, id: str, takes_s: Span, action: Action, at: float) -> None:
        self._plans[id] = self._desk.agenda.at(at + self._desk.within(takes_s), action)

    def _forget_plan(self, id: str) -> None:
        self._held.pop(id, None)
        if plan := self._plans.pop(id, None):
            plan.call_off()

    def _go(self, id: str, to: OrderStatus, at: float) -> None:
        """Apply a scheduled transition, unless payments or couriers are down."""
        order = self.live[id]
        if to is OrderStatus.PAID and not self._stage.payments_work:
            if order.status is OrderStatus.PENDING:
                self.move(order, OrderStatus.PAYMENT_FAILED, at)
            else:
                self._expect(order, at)
        elif to is OrderStatus.SHIPPED and not self._stage.parcels_move:
            if self._desk.draw.random() < GIVE_UP:
                self.move(order, OrderStatus.CANCELLED, at)
            else:
                self._held[id] = partial(self._go, id, to)
        elif to is OrderStatus.DELIVERED and not self._stage.parcels_move:
            self._delay(order, partial(self._go, id, to), at)
        else:
            self.move(order, to, at)

    def _arrive(self, id: str, at: float) -> None:
        """Let the parcel arrive at its branch: only its tracking changes."""
        order = self.live[id]
        if not self._stage.parcels_move:
            self._delay(order, partial(self._arrive, id), at)
            return
        branch = self._desk.draw.randint(1, 60)
        self._track(order, f"Прибуло у відділення №{branch}", at)
        self._plan(id, TO_HANDS, partial(self._go, id, OrderStatus.DELIVERED), at)

    def _delay(self, order: PlacedOrder, action: Action, at: float) -> None:
        self._held[order.order.id] = action
        self._track(order, DELAYED, at)

    def _track(self, order: PlacedOrder, tracking_status: str, at: float) -> None:
        order = replace(order, tracking_status=tracking_status)
        self.live[order.order.id] = order
        self._tidings.tracked(order, at)
