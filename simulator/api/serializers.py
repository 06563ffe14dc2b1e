"""Builds the responses of the control API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import nlargest

from msgspec import UNSET
from msgspec.structs import asdict

from protocol.event_payloads import NotificationPayload
from protocol.simulator_api import (
    ClientPoolState,
    Command,
    CommandResponse,
    CustomerState,
    FinishedScenario,
    OrderState,
    OrderSummary,
    ProductState,
    PublisherState,
    RunningScenario,
    ScenarioInfo,
    ScenarioList,
    ShopState,
    command_name,
)
from simulator.runner import SimulationRunner
from simulator.scenarios.active import ScenarioRun
from simulator.shop.command_handler import CommandOutcome
from simulator.shop.orders import CURRENCY, PlacedOrder
from simulator.shop.shop import Shop

MAX_LIVE_ORDERS = 500
"""Orders per response; a shop at 5,000 publications per second has some 25,000 live ones."""


def shop_state(
    runner: SimulationRunner,
    *,
    publisher: PublisherState,
    presence: ClientPoolState,
    customers: tuple[CustomerState, ...],
    taken_conversations: tuple[str, ...] = (),
) -> ShopState:
    """Build the state of the shop, with that of the publisher and the clients."""
    shop, components = runner.shop, runner.shop.components
    fulfilment = components.fulfilment
    now = _to_datetime(shop.now)
    return ShopState(
        started_at=_to_datetime(shop.config.started_at),
        now=now,
        elapsed_s=round(shop.elapsed_s, 3),
        skipped_s=round(runner.skipped_s, 3),
        speed=runner.clock.speed,
        run=shop.config.run_id,
        seed=shop.config.seed,
        rate=shop.rate,
        running=runner.clock.is_running,
        scenarios=tuple(_running_scenario(shop, run) for run in components.active_scenarios.runs),
        ended=_finished_scenarios(shop),
        tenant=shop.config.tenant,
        currency=CURRENCY,
        warehouses=tuple(warehouse.name for warehouse in shop.data.catalogue.warehouses),
        products=_product_states(shop),
        orders=_newest_first(fulfilment.live.values(), fulfilment.finished),
        live_orders=len(fulfilment.live),
        orders_by_status={status: n for status, n in fulfilment.by_status.items() if n},
        publications=dict(components.context.published_by_type),
        revenue_today=fulfilment.revenue.total_for(now.date()),
        publisher=publisher,
        presence=presence,
        customers=customers,
        language=shop.data.language,
        reset_at=None if runner.reset_at is None else _to_datetime(runner.reset_at),
        taken_conversations=taken_conversations,
    )


def scenario_list(shop: Shop) -> ScenarioList:
    """Build the list of all scenarios with their progress."""
    running = {
        run.scenario.name: _running_scenario(shop, run)
        for run in shop.components.active_scenarios.runs
    }
    return ScenarioList(
        tuple(
            ScenarioInfo(
                name=scenario.name,
                title=scenario.title,
                sentence=scenario.sentence,
                watch=scenario.watch,
                pages=scenario.pages,
                lasts_s=scenario.lasts_s,
                running=running.get(scenario.name),
            )
            for scenario in shop.data.scenarios.values()
        )
    )


def command_response(shop: Shop, command: Command, result: CommandOutcome) -> CommandResponse:
    """Build the response to a command from its result."""
    name, at = command_name(command), _to_datetime(shop.now)
    if isinstance(result, PlacedOrder):
        order = result.order
        summary = OrderSummary(order.id, order.number, order.status, order.total, order.customer)
        return CommandResponse(command=name, at=at, order=summary)
    if isinstance(result, NotificationPayload):
        return CommandResponse(command=name, at=at, notification=result.id)
    return CommandResponse(command=name, at=at, shelves=UNSET if result is None else result)


def _to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def _running_scenario(shop: Shop, run: ScenarioRun) -> RunningScenario:
    left = max(0.0, run.ends_at - shop.elapsed_s)
    return RunningScenario(
        name=run.scenario.name,
        started_at=shop.components.context.datetime_at(run.started_at),
        ends_at=shop.components.context.datetime_at(run.ends_at),
        progress=round(1 - left / run.scenario.lasts_s, 4),
        left_s=round(left, 3),
        subjects=run.subjects,
    )


def _finished_scenarios(shop: Shop) -> tuple[FinishedScenario, ...]:
    datetime_at = shop.components.context.datetime_at
    return tuple(
        FinishedScenario(
            finished.run.scenario.name,
            datetime_at(finished.run.started_at),
            datetime_at(finished.ended_at),
            finished.phase,
            finished.run.subjects,
        )
        for finished in shop.scenario_manager.finished
    )


def _product_states(shop: Shop) -> tuple[ProductState, ...]:
    states = []
    for product in shop.data.catalogue.products:
        shelves = shop.components.shelves.shelves_of(product.id)
        states.append(
            ProductState(
                id=product.id,
                sku=product.sku,
                name=product.name,
                category=product.category,
                price=product.price,
                sale_price=shop.components.active_scenarios.price(product),
                threshold=product.threshold,
                stock={shelf.warehouse: shelf.remaining for shelf in shelves},
                sold=sum(shelf.sold for shelf in shelves),
            )
        )
    return tuple(states)


def _newest_first(
    live: Iterable[PlacedOrder], finished: Iterable[PlacedOrder]
) -> tuple[OrderState, ...]:
    newest = nlargest(MAX_LIVE_ORDERS, live, key=_placed_at)
    return tuple(
        _order_state(o) for o in sorted([*newest, *finished], key=_placed_at, reverse=True)
    )


def _placed_at(order: PlacedOrder) -> datetime:
    return order.order.created_at


def _order_state(placed: PlacedOrder) -> OrderState:
    return OrderState(
        **asdict(placed.order),
        history=placed.history,
        payment_status=placed.payment_status,
        tracking_number=placed.tracking_number,
        tracking_url=placed.tracking_url,
        tracking_status=placed.tracking_status,
    )
