"""Makes the answer to ``GET /state`` of the shop as it is now."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import asdict

from simulator.orders import CURRENCY, PlacedOrder
from simulator.shop import Shop
from simulator.state import CustomerState, OrderState, ProductState, PublisherState, State


def report(
    shop: Shop,
    *,
    running: bool,
    publisher: PublisherState,
    customers: tuple[CustomerState, ...],
) -> State:
    """Describe the shop; the model does not know who is connected and what has arrived."""
    now = datetime.fromtimestamp(shop.now, UTC)
    fulfilment = shop.fulfilment
    return State(
        started_at=datetime.fromtimestamp(shop.start.started_at, UTC),
        now=now,
        seed=shop.start.seed,
        rate=shop.desk.rate,
        running=running,
        tenant=shop.start.tenant,
        currency=CURRENCY,
        warehouses=tuple(warehouse.name for warehouse in shop.premises.catalogue.warehouses),
        products=_products(shop),
        orders=_newest_first([*fulfilment.live.values(), *fulfilment.done]),
        orders_by_status={status: n for status, n in fulfilment.by_status.items() if n},
        publications=dict(shop.desk.published),
        revenue_today=fulfilment.ledger.earned(now.date()),
        publisher=publisher,
        customers=customers,
    )


def _products(shop: Shop) -> tuple[ProductState, ...]:
    found = []
    for product in shop.premises.catalogue.products:
        shelves = shop.stock.of(product.id)
        found.append(
            ProductState(
                id=product.id,
                sku=product.sku,
                name=product.name,
                category=product.category,
                price=product.price,
                threshold=product.threshold,
                stock={shelf.warehouse: shelf.left for shelf in shelves},
                sold=sum(shelf.sold for shelf in shelves),
            )
        )
    return tuple(found)


def _newest_first(orders: list[PlacedOrder]) -> tuple[OrderState, ...]:
    newest = sorted(orders, key=lambda order: order.order.created_at, reverse=True)
    return tuple(_order(order) for order in newest)


def _order(placed: PlacedOrder) -> OrderState:
    return OrderState(
        **asdict(placed.order),
        history=placed.history,
        payment_status=placed.payment_status,
        tracking_number=placed.tracking_number,
        tracking_url=placed.tracking_url,
        tracking_status=placed.tracking_status,
    )
