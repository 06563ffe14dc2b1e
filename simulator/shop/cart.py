"""A customer's cart; each change returns the payload to publish."""

from __future__ import annotations

from collections.abc import Callable

from protocol.event_payloads import CartAction, CartItem, CartSummary, CartUpdatePayload
from protocol.money import Money
from simulator.shop.catalogue import Product


class ShoppingCart:
    """Cart of one customer; ``price_of`` returns the current price of a product."""

    def __init__(self, customer_number: int, price_of: Callable[[Product], Money]) -> None:
        self._id, self._price_of = f"cart_{customer_number}", price_of
        self.lines: dict[str, tuple[Product, int]] = {}

    def add(self, product: Product, quantity: int) -> CartUpdatePayload:
        """Add a product that is not in the cart."""
        self.lines[product.id] = (product, quantity)
        return self._change_event(CartAction.ITEM_ADDED, product, quantity)

    def set_quantity(self, product: Product, quantity: int) -> CartUpdatePayload:
        """Set the quantity of a product in the cart."""
        self.lines[product.id] = (product, quantity)
        return self._change_event(CartAction.QUANTITY_CHANGED, product, quantity)

    def remove(self, product: Product) -> CartUpdatePayload:
        """Remove a product."""
        del self.lines[product.id]
        return self._change_event(CartAction.ITEM_REMOVED, product, 0)

    def clear(self) -> CartUpdatePayload:
        """Empty the cart."""
        self.lines.clear()
        return CartUpdatePayload(action=CartAction.CLEARED, cart=self._cart_payload())

    def _change_event(
        self, action: CartAction, product: Product, quantity: int
    ) -> CartUpdatePayload:
        item = CartItem(product_id=product.id, name=product.name, quantity=quantity)
        return CartUpdatePayload(action=action, cart=self._cart_payload(), item=item)

    def _cart_payload(self) -> CartSummary:
        lines = self.lines.values()
        return CartSummary(
            id=self._id,
            item_count=sum(quantity for _, quantity in lines),
            total=Money.of(sum((self._price_of(p) * q for p, q in lines), Money("0.00"))),
        )
