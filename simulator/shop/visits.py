"""Visits of customers: they arrive, fill a cart, and buy or leave.

A visit is some seconds of browsing for each of one to four products.  Arrivals are a Poisson
process with the rate of ``simulator.shop.arrival_rate``.
"""

from __future__ import annotations

from functools import partial

from protocol.event_payloads import CartUpdatePayload, CustomerAction, CustomerActivityPayload
from protocol.messages import CartUpdate, CustomerActivity
from simulator.engine.scheduler import ScheduledAction
from simulator.shop.arrival_rate import arrival_rate, base_arrival_rate
from simulator.shop.cart import ShoppingCart
from simulator.shop.checkout import OrderLine
from simulator.shop.components import ShopComponents
from simulator.shop.customers import Customer
from simulator.shop.simulation_context import DurationRange

BROWSE_TIME: DurationRange = (1.5, 8.0)
LEAVE_TIME: DurationRange = (1.0, 5.0)
MAX_CART_LINES = 4
CHECKOUT_PROBABILITY = 0.85
"""Probability that a visit with a filled cart ends in an order."""
EDIT_PROBABILITY = 0.15
"""Probability of changing or removing a line instead of adding one."""
CHEAP_PRICE_UAH = 3000
"""UAH; products below this price may be bought in larger quantities."""
CONNECTED_WEIGHT = 3
"""Connected customers visit this many times as often as others."""
MIN_OTHER_CUSTOMERS = 300
MAX_DRAWS = 10
"""Attempts to draw a customer who is not visiting already."""


class VisitGenerator:
    """Generates the visits of all customers."""

    def __init__(self, components: ShopComponents) -> None:
        self._context, self._shelves, self._checkout = (
            components.context,
            components.shelves,
            components.checkout,
        )
        self._active_scenarios, self._fulfilment = (
            components.active_scenarios,
            components.fulfilment,
        )
        self._customers, self._daily_profile = (
            components.data.customers,
            components.data.daily_profile,
        )
        self._products = components.data.catalogue.products
        self._product_weights: list[float] = []
        self._active_visitors: set[int] = set()
        self._carts: dict[int, ShoppingCart] = {}
        self._next_arrival: ScheduledAction | None = None
        self.reschedule(0)

    def reschedule(self, at: float) -> None:
        """Reschedule after a change of the rate or of the active scenarios."""
        self._product_weights = [
            product.popularity * self._active_scenarios.demand_multiplier(product.id)
            for product in self._products
        ]
        if self._next_arrival is not None:
            self._next_arrival.cancel()
        self._schedule_next(at)

    def _schedule_next(self, at: float) -> None:
        rate = self._context.rate * self._daily_profile.intensity(at)
        if self._active_scenarios.allows_rate_control:
            arrivals_per_s = arrival_rate(
                rate, len(self._active_visitors), self._fulfilment.by_status
            )
        else:
            arrivals_per_s = base_arrival_rate(rate) * self._active_scenarios.visit_multiplier
        delay_s = self._context.rng.expovariate(arrivals_per_s)
        self._next_arrival = self._context.scheduler.call_at(at + delay_s, self._arrive)

    def _arrive(self, at: float) -> None:
        self._start_visit(at)
        self._schedule_next(at)

    def _start_visit(self, at: float) -> None:
        numbers = (self._draw_customer_number() for _ in range(MAX_DRAWS))
        number = next((number for number in numbers if number not in self._active_visitors), None)
        if number is None:
            return
        customer = self._customers.customer(number)
        self._active_visitors.add(customer.number)
        self._publish_activity(customer, CustomerAction.ARRIVED, at)
        choices = self._context.rng.randint(1, MAX_CART_LINES)
        self._schedule(at, BROWSE_TIME, partial(self._choose_product, customer, choices))

    def _draw_customer_number(self) -> int:
        """Draw a customer; the pool grows with the rate."""
        connected = self._context.config.connected_customers
        others = max(MIN_OTHER_CUSTOMERS, round(15 * self._context.rate))
        ticket = self._context.rng.randrange(CONNECTED_WEIGHT * connected + others)
        if ticket < CONNECTED_WEIGHT * connected:
            return ticket // CONNECTED_WEIGHT + 1
        return connected + 1 + ticket - CONNECTED_WEIGHT * connected

    def _choose_product(self, customer: Customer, remaining_choices: int, at: float) -> None:
        cart = self._cart_of(customer)
        if not cart.lines:
            self._publish_activity(customer, CustomerAction.CART, at)
        self._publish_cart(customer, self._change_cart(cart))
        if remaining_choices == 1:
            next_step = partial(self._decide_checkout, customer, cart)
        else:
            next_step = partial(self._choose_product, customer, remaining_choices - 1)
        self._schedule(at, BROWSE_TIME, next_step)

    def _cart_of(self, customer: Customer) -> ShoppingCart:
        if customer.number not in self._carts:
            self._carts[customer.number] = ShoppingCart(
                customer.number, self._active_scenarios.price
            )
        return self._carts[customer.number]

    def _change_cart(self, cart: ShoppingCart) -> CartUpdatePayload:
        rng = self._context.rng
        if cart.lines and rng.random() < EDIT_PROBABILITY:
            product, quantity = rng.choice(list(cart.lines.values()))
            if product.price < CHEAP_PRICE_UAH and rng.random() < 0.5:
                return cart.set_quantity(product, quantity + 1)
            return cart.remove(product)
        (product,) = rng.choices(self._products, weights=self._product_weights)
        if product.id in cart.lines:
            return cart.set_quantity(product, cart.lines[product.id][1] + 1)
        several = product.price < CHEAP_PRICE_UAH and rng.random() < 0.25
        return cart.add(product, rng.randint(2, 3) if several else 1)

    def _decide_checkout(self, customer: Customer, cart: ShoppingCart, at: float) -> None:
        if cart.lines and self._context.rng.random() < CHECKOUT_PROBABILITY:
            self._check_out(customer, cart, at)
        self._schedule(at, LEAVE_TIME, partial(self._leave, customer))

    def _check_out(self, customer: Customer, cart: ShoppingCart, at: float) -> None:
        """Order what is in stock; the rest is removed from the cart first."""
        lines: list[OrderLine] = []
        for product, quantity in list(cart.lines.values()):
            shelf = self._shelves.find_shelf(product.id, quantity, customer.warehouse)
            if shelf is None:
                self._publish_cart(customer, cart.remove(product))
            else:
                lines.append((product, quantity, shelf))
        if lines:
            self._checkout.place_order(customer, lines, at)
            self._publish_cart(customer, cart.clear())

    def _leave(self, customer: Customer, at: float) -> None:
        self._active_visitors.discard(customer.number)
        self._publish_activity(customer, CustomerAction.LEFT, at)

    def _schedule(self, at: float, duration: DurationRange, action: partial[None]) -> None:
        self._context.scheduler.call_at(at + self._context.sample_duration(duration), action)

    def _publish_cart(self, customer: Customer, change: CartUpdatePayload) -> None:
        self._context.publish_to_user(customer.id, CartUpdate(payload=change))

    def _publish_activity(self, customer: Customer, action: CustomerAction, at: float) -> None:
        activity = CustomerActivityPayload(customer.person, action, self._context.datetime_at(at))
        self._context.publish_to_staff(CustomerActivity(payload=activity))
