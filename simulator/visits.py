"""Visits of customers: they arrive, fill a cart, and buy or leave.

A visit is some seconds of browsing for each of one to four products.  Arrivals are a Poisson
process with the rate of ``simulator.arrivals``.
"""

from __future__ import annotations

from functools import partial

from protocol.events import Activity, CartChanged, CustomerActive
from protocol.messages import CartUpdate, CustomerActivity
from simulator.agenda import Plan
from simulator.arrivals import usual_visits_a_second, visits_a_second
from simulator.carts import Basket
from simulator.checkout import Line
from simulator.customers import Customer
from simulator.desk import Span
from simulator.house import House

BROWSING: Span = (1.5, 8.0)
LEAVING: Span = (1.0, 5.0)
MOST_LINES = 4
BUYS = 0.85
"""Probability that a visit with a filled cart ends in an order."""
CHANGES_MIND = 0.15
"""Probability of changing or removing a line instead of adding one."""
SMALL_CHANGE = 3000
"""UAH; products below this price may be bought in larger quantities."""
PRESENT_WEIGHT = 3
"""Connected customers visit this many times as often as others."""
FEWEST_OTHERS = 300
MOST_TRIES = 10
"""Attempts to draw a customer who is not visiting already."""


class Visits:
    """Simulates the visits."""

    def __init__(self, house: House) -> None:
        self._desk, self._stock, self._checkout = house.desk, house.stock, house.checkout
        self._stage, self._fulfilment = house.stage, house.fulfilment
        self._people, self._day = house.premises.people, house.premises.day
        self._products = house.premises.catalogue.products
        self._appeal: list[float] = []
        self._inside: set[int] = set()
        self._baskets: dict[int, Basket] = {}
        self._next: Plan | None = None
        self.adapt(0)

    def adapt(self, at: float) -> None:
        """Reschedule after a change of the rate or of the active scenarios."""
        self._appeal = [
            product.popularity * self._stage.demand(product.id) for product in self._products
        ]
        if self._next is not None:
            self._next.call_off()
        self._expect(at)

    def _expect(self, at: float) -> None:
        rate = self._desk.rate * self._day.bustle(at)
        if self._stage.keeps_the_rate:
            often = visits_a_second(rate, len(self._inside), self._fulfilment.by_status)
        else:
            often = usual_visits_a_second(rate) * self._stage.visits
        pause = self._desk.draw.expovariate(often)
        self._next = self._desk.agenda.at(at + pause, self._come_and_expect)

    def _come_and_expect(self, at: float) -> None:
        self._come(at)
        self._expect(at)

    def _come(self, at: float) -> None:
        numbers = (self._number() for _ in range(MOST_TRIES))
        number = next((number for number in numbers if number not in self._inside), None)
        if number is None:
            return
        customer = self._people.customer(number)
        self._inside.add(customer.number)
        self._tell(customer, Activity.ARRIVED, at)
        choices = self._desk.draw.randint(1, MOST_LINES)
        self._later(at, BROWSING, partial(self._choose, customer, choices))

    def _number(self) -> int:
        """Draw a customer; the pool grows with the rate."""
        present = self._desk.start.present
        others = max(FEWEST_OTHERS, round(15 * self._desk.rate))
        ticket = self._desk.draw.randrange(PRESENT_WEIGHT * present + others)
        if ticket < PRESENT_WEIGHT * present:
            return ticket // PRESENT_WEIGHT + 1
        return present + 1 + ticket - PRESENT_WEIGHT * present

    def _choose(self, customer: Customer, choices: int, at: float) -> None:
        basket = self._basket(customer)
        if not basket.lines:
            self._tell(customer, Activity.CART, at)
        self._cart(customer, self._change(basket))
        is_last = choices == 1
        then = partial(self._decide, customer, basket)
        again = partial(self._choose, customer, choices - 1)
        self._later(at, BROWSING, then if is_last else again)

    def _basket(self, customer: Customer) -> Basket:
        if customer.number not in self._baskets:
            self._baskets[customer.number] = Basket(customer.number, self._stage.price)
        return self._baskets[customer.number]

    def _change(self, basket: Basket) -> CartChanged:
        draw = self._desk.draw
        if basket.lines and draw.random() < CHANGES_MIND:
            product, quantity = draw.choice(list(basket.lines.values()))
            if product.price < SMALL_CHANGE and draw.random() < 0.5:
                return basket.change(product, quantity + 1)
            return basket.remove(product)
        (product,) = draw.choices(self._products, weights=self._appeal)
        if product.id in basket.lines:
            return basket.change(product, basket.lines[product.id][1] + 1)
        several = product.price < SMALL_CHANGE and draw.random() < 0.25
        return basket.put(product, draw.randint(2, 3) if several else 1)

    def _decide(self, customer: Customer, basket: Basket, at: float) -> None:
        if basket.lines and self._desk.draw.random() < BUYS:
            self._check_out(customer, basket, at)
        self._later(at, LEAVING, partial(self._leave, customer))

    def _check_out(self, customer: Customer, basket: Basket, at: float) -> None:
        """Order what is in stock; the rest is removed from the cart first."""
        lines: list[Line] = []
        for product, quantity in list(basket.lines.values()):
            shelf = self._stock.find(product.id, quantity, customer.warehouse)
            if shelf is None:
                self._cart(customer, basket.remove(product))
            else:
                lines.append((product, quantity, shelf))
        if lines:
            self._checkout.order(customer, lines, at)
            self._cart(customer, basket.clear())

    def _leave(self, customer: Customer, at: float) -> None:
        self._inside.discard(customer.number)
        self._tell(customer, Activity.LEFT, at)

    def _later(self, at: float, span: Span, action: partial[None]) -> None:
        self._desk.agenda.at(at + self._desk.within(span), action)

    def _cart(self, customer: Customer, change: CartChanged) -> None:
        self._desk.to_user(customer.id, CartUpdate(payload=change))

    def _tell(self, customer: Customer, action: Activity, at: float) -> None:
        active = CustomerActive(customer.person, action, self._desk.moment(at))
        self._desk.to_staff(CustomerActivity(payload=active))
