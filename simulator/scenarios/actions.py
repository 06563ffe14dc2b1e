"""Actions of scenarios at their start and end, in addition to their modifiers.

Each takes the components, the run and the time.  Actions scheduled for later are skipped if the
run has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from protocol.channels import Channel, ChannelKind
from protocol.event_payloads import NotificationPayload, Priority
from protocol.messages import Notification
from simulator.scenarios.active import ScenarioRun
from simulator.shop.components import ShopComponents
from simulator.shop.simulation_events import DropConnections, StartSlowClient, StopSlowClient

ScenarioAction = Callable[[ShopComponents, ScenarioRun, float], None]

DROP_COUNT, DROP_INTERVAL_S = 3, 15.0
FILLER_INTERVAL_S = 0.1
FILLER_BYTES = 30_000
"""Ten per second fill socket buffers and exceed a client's limit after about 18 s."""
ANNOUNCEMENTS = Channel(ChannelKind.PUBLIC, "announcements")


def announce_sale(components: ShopComponents, run: ScenarioRun, at: float) -> None:
    """Announce the discounted products."""
    percent = run.scenario.modifiers.discount_percent
    names = [p.name for p in components.data.catalogue.products if p.id in run.featured_products]
    body = f"Дві хвилини мінус {percent} %: {', '.join(names)}."
    notification = _notification(
        components, at, "Блискавичний розпродаж", body, "tag", Priority.HIGH
    )
    components.context.publish(ANNOUNCEMENTS, notification)


def write_off_featured(components: ShopComponents, run: ScenarioRun, at: float) -> None:
    """Write off all stock of the featured products."""
    for shelf in components.shelves:
        if shelf.product.id in run.featured_products:
            components.replenishment.set_level(shelf, 0, at)


def expedite_featured(components: ShopComponents, run: ScenarioRun, at: float) -> None:
    """Expedite the replenishment of the featured products."""
    for shelf in components.shelves:
        if shelf.product.id in run.featured_products:
            components.replenishment.expedite(shelf, at)


def announce_strike(components: ShopComponents, _run: ScenarioRun, at: float) -> None:
    """Announce the strike and its delays."""
    body = "Кур’єри страйкують: посилки затримуються. Дякуємо за терпіння."
    components.context.publish(
        ANNOUNCEMENTS,
        _notification(components, at, "Страйк кур’єрів", body, "truck", Priority.HIGH),
    )


def release_parcels(components: ShopComponents, _run: ScenarioRun, at: float) -> None:
    """Release the parcels that were held back."""
    components.fulfilment.release_held(at)


def start_slow_client(components: ShopComponents, run: ScenarioRun, at: float) -> None:
    """Start a slow client for a customer without a connection, and send data to it."""
    customer = components.data.customers.customer(components.context.config.connected_customers + 1)
    components.context.emit(StartSlowClient(customer))
    _send_filler(components, run, customer.id, at)


def _send_filler(components: ShopComponents, run: ScenarioRun, customer_id: str, at: float) -> None:
    if not components.active_scenarios.is_active(run):
        return
    lines = "\n".join(f"{p.name} — {p.price} грн" for p in components.data.catalogue.products)
    body = lines * (FILLER_BYTES // len(lines.encode()))
    notification = _notification(components, at, "Каталог оновлено", body, "book", Priority.LOW)
    components.context.publish_to_user(customer_id, notification)
    again = partial(_send_filler, components, run, customer_id)
    components.context.scheduler.call_at(at + FILLER_INTERVAL_S, again)


def stop_slow_client(components: ShopComponents, _run: ScenarioRun, _at: float) -> None:
    """Stop the slow client."""
    components.context.emit(StopSlowClient())


def schedule_connection_drops(components: ShopComponents, run: ScenarioRun, at: float) -> None:
    """Schedule three drops of all connections."""
    for count in range(DROP_COUNT):
        components.context.scheduler.call_at(
            at + count * DROP_INTERVAL_S, partial(_drop_connections, components, run)
        )


def _drop_connections(components: ShopComponents, run: ScenarioRun, _at: float) -> None:
    if components.active_scenarios.is_active(run):
        components.context.emit(DropConnections())


def _notification(
    components: ShopComponents, at: float, title: str, body: str, icon: str, priority: Priority
) -> Notification:
    return Notification(
        payload=NotificationPayload(
            id=components.context.next_notification_id(),
            title=title,
            body=body,
            icon=icon,
            priority=priority,
            created_at=components.context.datetime_at(at),
        )
    )


START_ACTIONS: dict[str, ScenarioAction] = {
    "flash-sale": announce_sale,
    "stock-out": write_off_featured,
    "courier-strike": announce_strike,
    "slow-client": start_slow_client,
    "reconnect-storm": schedule_connection_drops,
}
END_ACTIONS: dict[str, ScenarioAction] = {
    "stock-out": expedite_featured,
    "courier-strike": release_parcels,
    "slow-client": stop_slow_client,
}
"""By scenario name; a scenario without an entry has only its modifiers."""
