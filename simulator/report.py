"""Builds the responses of the control API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import nlargest

from msgspec import UNSET
from msgspec.structs import asdict

from simulator.commands import Command
from simulator.orders import CURRENCY, PlacedOrder
from simulator.runner import Runner
from simulator.shop import Shop
from simulator.stage import Scene
from simulator.state import (
    CustomerState,
    Done,
    EndedState,
    OrderInShort,
    OrderState,
    PresenceState,
    ProductState,
    PublisherState,
    Scenarios,
    ScenarioState,
    SceneState,
    State,
)

MOST_LIVE = 500
"""Orders per response; a shop at 5,000 publications per second has some 25,000 live ones."""


def state(
    runner: Runner,
    *,
    publisher: PublisherState,
    presence: PresenceState,
    customers: tuple[CustomerState, ...],
) -> State:
    """Return the state of the shop, with what the model does not know: clients and publisher."""
    shop, house = runner.shop, runner.shop.house
    fulfilment = house.fulfilment
    now = _moment(shop.now)
    return State(
        started_at=_moment(shop.start.started_at),
        now=now,
        elapsed_s=round(shop.elapsed, 3),
        skipped_s=round(runner.skipped_s, 3),
        speed=runner.clock.speed,
        run=shop.start.run,
        seed=shop.start.seed,
        rate=shop.rate,
        running=runner.clock.is_running,
        scenarios=tuple(_scene(shop, scene) for scene in house.stage.scenes),
        ended=_ended(shop),
        tenant=shop.start.tenant,
        currency=CURRENCY,
        warehouses=tuple(warehouse.name for warehouse in shop.premises.catalogue.warehouses),
        products=_products(shop),
        orders=_newest_first(fulfilment.live.values(), fulfilment.done),
        live_orders=len(fulfilment.live),
        orders_by_status={status: n for status, n in fulfilment.by_status.items() if n},
        publications=dict(house.desk.published),
        revenue_today=fulfilment.ledger.earned(now.date()),
        publisher=publisher,
        presence=presence,
        customers=customers,
    )


def scenarios(shop: Shop) -> Scenarios:
    """Return all scenarios and their progress."""
    running = {scene.scenario.name: _scene(shop, scene) for scene in shop.house.stage.scenes}
    return Scenarios(
        tuple(
            ScenarioState(
                name=each.name,
                title=each.title,
                sentence=each.sentence,
                watch=each.watch,
                pages=each.pages,
                lasts_s=each.lasts_s,
                running=running.get(each.name),
            )
            for each in shop.premises.scenarios.values()
        )
    )


def done(shop: Shop, command: Command, result: PlacedOrder | int | None) -> Done:
    """Return the result of a command."""
    name, at = str(command.__struct_config__.tag), _moment(shop.now)
    if isinstance(result, PlacedOrder):
        order = result.order
        short = OrderInShort(order.id, order.number, order.status, order.total, order.customer)
        return Done(command=name, at=at, order=short)
    return Done(command=name, at=at, shelves=UNSET if result is None else result)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def _scene(shop: Shop, scene: Scene) -> SceneState:
    left = max(0.0, scene.ends - shop.elapsed)
    return SceneState(
        name=scene.scenario.name,
        started_at=shop.house.desk.moment(scene.began),
        ends_at=shop.house.desk.moment(scene.ends),
        progress=round(1 - left / scene.scenario.lasts_s, 4),
        left_s=round(left, 3),
    )


def _ended(shop: Shop) -> tuple[EndedState, ...]:
    moment = shop.house.desk.moment
    return tuple(
        EndedState(one.scene.scenario.name, moment(one.scene.began), moment(one.ended), one.how)
        for one in shop.director.ended
    )


def _products(shop: Shop) -> tuple[ProductState, ...]:
    found = []
    for product in shop.premises.catalogue.products:
        shelves = shop.house.stock.of(product.id)
        found.append(
            ProductState(
                id=product.id,
                sku=product.sku,
                name=product.name,
                category=product.category,
                price=product.price,
                sale_price=shop.house.stage.price(product),
                threshold=product.threshold,
                stock={shelf.warehouse: shelf.left for shelf in shelves},
                sold=sum(shelf.sold for shelf in shelves),
            )
        )
    return tuple(found)


def _newest_first(
    live: Iterable[PlacedOrder], done_with: Iterable[PlacedOrder]
) -> tuple[OrderState, ...]:
    newest = nlargest(MOST_LIVE, live, key=_placed_at)
    return tuple(_order(o) for o in sorted([*newest, *done_with], key=_placed_at, reverse=True))


def _placed_at(order: PlacedOrder) -> datetime:
    return order.order.created_at


def _order(placed: PlacedOrder) -> OrderState:
    return OrderState(
        **asdict(placed.order),
        history=placed.history,
        payment_status=placed.payment_status,
        tracking_number=placed.tracking_number,
        tracking_url=placed.tracking_url,
        tracking_status=placed.tracking_status,
    )
