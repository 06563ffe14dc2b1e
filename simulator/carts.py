"""A customer's cart; each change returns its message."""

from __future__ import annotations

from collections.abc import Callable

from protocol.events import Cart, CartAction, CartChanged, CartItem
from protocol.money import Money
from simulator.catalogue import Product


class Basket:
    """Cart of one customer; ``price`` returns the current price."""

    def __init__(self, customer_number: int, price: Callable[[Product], Money]) -> None:
        self._id, self._price = f"cart_{customer_number}", price
        self.lines: dict[str, tuple[Product, int]] = {}

    def put(self, product: Product, quantity: int) -> CartChanged:
        """Add a product that is not in the cart."""
        self.lines[product.id] = (product, quantity)
        return self._changed(CartAction.ITEM_ADDED, product, quantity)

    def change(self, product: Product, quantity: int) -> CartChanged:
        """Set the quantity of a product in the cart."""
        self.lines[product.id] = (product, quantity)
        return self._changed(CartAction.QUANTITY_CHANGED, product, quantity)

    def remove(self, product: Product) -> CartChanged:
        """Remove a product."""
        del self.lines[product.id]
        return self._changed(CartAction.ITEM_REMOVED, product, 0)

    def clear(self) -> CartChanged:
        """Empty the cart."""
        self.lines.clear()
        return CartChanged(action=CartAction.CLEARED, cart=self._cart())

    def _changed(self, action: CartAction, product: Product, quantity: int) -> CartChanged:
        item = CartItem(product_id=product.id, name=product.name, quantity=quantity)
        return CartChanged(action=action, cart=self._cart(), item=item)

    def _cart(self) -> Cart:
        lines = self.lines.values()
        return Cart(
            id=self._id,
            item_count=sum(quantity for _, quantity in lines),
            total=Money.of(sum((self._price(p) * q for p, q in lines), Money("0.00"))),
        )
