"""An order's way from the checkout to the door, and who is told of each step.

A usual order is delivered one to four minutes after it was placed, so that somebody who
watches it for a minute sees it move, and not at once.
"""

from __future__ import annotations

from collections import Counter, deque
from functools import partial

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from protocol.channels import Channel, Kind
from protocol.events import OrderItem, OrderPlaced, OrderStatus, OrderUpdated
from protocol.messages import NewOrder, Notification, OrderUpdate
from simulator.customers import Customer
from simulator.desk import Desk, Span
from simulator.ledger import Ledger
from simulator.notices import about
from simulator.orders import PlacedOrder, Taken, place
from simulator.supply import Supply
from simulator.warehouse import Stock

KEPT = 100  # orders that are done with, for those who look back


class Way(Struct, frozen=True):
    """What may come next: where to, how long it takes, and how likely, of 100."""

    to: OrderStatus
    takes_s: Span
    chance: int


WAYS: dict[OrderStatus, tuple[Way, ...]] = {
    OrderStatus.PENDING: (
        Way(OrderStatus.PAID, (5, 20), 90),
        Way(OrderStatus.PAYMENT_FAILED, (5, 15), 7),
        Way(OrderStatus.CANCELLED, (10, 30), 3),
    ),
    OrderStatus.PAYMENT_FAILED: (
        Way(OrderStatus.PAID, (10, 30), 70),
        Way(OrderStatus.CANCELLED, (15, 40), 30),
    ),
    OrderStatus.PAID: (
        Way(OrderStatus.PROCESSING, (8, 25), 97),
        Way(OrderStatus.CANCELLED, (8, 25), 3),
    ),
    OrderStatus.PROCESSING: (
        Way(OrderStatus.SHIPPED, (10, 35), 99),
        Way(OrderStatus.CANCELLED, (10, 30), 1),
    ),
    OrderStatus.DELIVERED: (Way(OrderStatus.REFUNDED, (30, 90), 4),),
    OrderStatus.CANCELLED: (Way(OrderStatus.REFUNDED, (10, 30), 100),),
}
"""From each status; what is missing from 100 is the chance that nothing more happens.

A parcel that is shipped first arrives at its branch, then is delivered: see ``Fulfilment``.
"""
TO_BRANCH: Span = (20, 70)
TO_HANDS: Span = (20, 80)


class Fulfilment:
    """Every order of the shop.

    ``live`` are those to which something will happen yet, oldest first; ``done`` the last
    ``KEPT`` of the others.
    """

    def __init__(self, desk: Desk, stock: Stock, supply: Supply) -> None:
        self._desk, self._stock, self._supply = desk, stock, supply
        self.live: dict[str, PlacedOrder] = {}
        self.done: deque[PlacedOrder] = deque(maxlen=KEPT)
        self.by_status: Counter[OrderStatus] = Counter()
        self.ledger = Ledger()

    def place(
        self, customer: Customer, items: tuple[OrderItem, ...], taken: tuple[Taken, ...], at: float
    ) -> PlacedOrder:
        """Accept an order; taking its pieces from their shelves is the caller's part."""
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
        self._desk.to_staff(NewOrder(payload=OrderPlaced(order=placed.order)))
        # The order's own channel has no listener yet: this is how its owner's screens learn of it.
        self._desk.to_user(customer.id, self._update(placed, at))
        self._notify(placed, at)
        self._plan(placed, at)
        return placed

    def _plan(self, order: PlacedOrder, at: float) -> None:
        """Decide what happens to it next, if anything."""
        id = order.order.id
        if order.status is OrderStatus.SHIPPED:
            self.live[id] = order
            self._desk.agenda.at(at + self._desk.within(TO_BRANCH), partial(self._arrive, id))
            return
        way = self._way(order)
        if way is None:
            self.live.pop(id, None)
            self.done.append(order)
            return
        self.live[id] = order
        takes = self._desk.within(way.takes_s)
        self._desk.agenda.at(at + takes, partial(self._move, id, way.to))

    def _way(self, order: PlacedOrder) -> Way | None:
        if order.status is OrderStatus.CANCELLED and not order.paid_at:
            return None
        mark = self._desk.draw.uniform(0, 100)
        for way in WAYS.get(order.status, ()):
            mark -= way.chance
            if mark < 0:
                return way
        return None

    def _move(self, id: str, to: OrderStatus, at: float) -> None:
        before = self.live[id]
        order = before.moved(to, self._desk.moment(at))
        if to is OrderStatus.SHIPPED:
            number = f"2045{self._desk.draw.randrange(10**10):010d}"
            status = f"Прямує до міста {order.city}"
            order = replace(order, tracking_number=number, tracking_status=status)
        elif to is OrderStatus.DELIVERED:
            order = replace(order, tracking_status="Отримано")
        self.by_status[before.status] -= 1
        self.by_status[to] += 1
        self._tell(order, at, previous=before.status)
        self._notify(order, at)
        self.ledger.note(order)
        if to is OrderStatus.CANCELLED:
            for taken in order.taken:
                shelf = self._stock.shelf(taken.product_id, taken.warehouse)
                self._supply.put_back(shelf, taken.quantity, at)
        self._plan(order, at)

    def _arrive(self, id: str, at: float) -> None:
        """Let the parcel arrive at its branch: no new status, but news of its tracking."""
        branch = self._desk.draw.randint(1, 60)
        order = replace(self.live[id], tracking_status=f"Прибуло у відділення №{branch}")
        self.live[id] = order
        self._tell(order, at)
        takes = self._desk.within(TO_HANDS)
        self._desk.agenda.at(at + takes, partial(self._move, id, OrderStatus.DELIVERED))

    def _tell(
        self, order: PlacedOrder, at: float, previous: OrderStatus | UnsetType = UNSET
    ) -> None:
        update = self._update(order, at, previous)
        self._desk.publish(Channel(Kind.ORDER, order.order.id), update)
        self._desk.to_user(order.order.customer.id, update)

    def _update(
        self, order: PlacedOrder, at: float, previous: OrderStatus | UnsetType = UNSET
    ) -> OrderUpdate:
        return OrderUpdate(
            payload=OrderUpdated(
                order_id=order.order.id,
                status=order.status,
                previous_status=previous,
                payment_status=order.payment_status,
                tracking_status=order.tracking_status,
                tracking_number=order.tracking_number,
                tracking_url=order.tracking_url,
                updated_at=self._desk.moment(at),
                order=order.order,
            )
        )

    def _notify(self, order: PlacedOrder, at: float) -> None:
        id = f"notif_{self._desk.start.run}_{self._desk.number('notification')}"
        notice = about(order, id=id, at=self._desk.moment(at))
        self._desk.to_user(order.order.customer.id, Notification(payload=notice))
