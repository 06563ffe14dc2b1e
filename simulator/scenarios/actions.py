"""Actions of scenarios at their start and end, in addition to their modifiers.

Each takes the components, the run and the time.  Actions scheduled for later are skipped if the
run has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from protocol.messages import Notification
from simulator.scenarios.active import ScenarioRun
from simulator.shop.components import ShopComponents
from simulator.shop.customers import Customer
from simulator.shop.notification_texts import NotificationTemplate
from simulator.shop.simulation_context import ANNOUNCEMENTS
from simulator.shop.simulation_events import DropConnections, StartSlowClient, StopSlowClient

ScenarioAction = Callable[[ShopComponents, ScenarioRun, float], None]

SLOW_CLIENT = "slow-client"
DROP_COUNT, DROP_INTERVAL_S = 3, 15.0
FILLER_BYTES = 30_000
FAST_S, FAST_INTERVAL_S, FILLER_INTERVAL_S = 3.0, 0.025, 0.1
"""Forty messages per second fill the socket buffers in the first seconds; with ten per second the
send queue then grows slowly enough to be watched, and exceeds its limit after about 8 s."""


def announce_sale(components: ShopComponents, run: ScenarioRun, at: float) -> None:
    """Announce the discounted products."""
    template = components.data.texts.sale
    names = [p.name for p in components.data.catalogue.products if p.id in run.featured_products]
    body = template.body.format(
        percent=run.scenario.modifiers.discount_percent, products=", ".join(names)
    )
    components.context.publish(ANNOUNCEMENTS, _notification(components, at, template, body))


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
    template = components.data.texts.strike
    notification = _notification(components, at, template, template.body)
    components.context.publish(ANNOUNCEMENTS, notification)


def release_parcels(components: ShopComponents, _run: ScenarioRun, at: float) -> None:
    """Release the parcels that were held back."""
    components.fulfilment.release_held(at)


def slow_customer(components: ShopComponents) -> Customer:
    """Return the customer of the slow client: the first one without a connection."""
    number = components.context.config.connected_customers + 1
    return components.data.customers.customer(number)


def start_slow_client(components: ShopComponents, run: ScenarioRun, at: float) -> None:
    """Start a slow client for a customer without a connection, and send data to it."""
    customer = slow_customer(components)
    components.context.emit(StartSlowClient(customer))
    _send_filler(components, run, customer.id, at)


def _send_filler(components: ShopComponents, run: ScenarioRun, customer_id: str, at: float) -> None:
    if not components.active_scenarios.is_active(run):
        return
    template = components.data.texts.catalogue
    lines = "\n".join(
        template.body.format(name=product.name, price=product.price)
        for product in components.data.catalogue.products
    )
    body = lines * (FILLER_BYTES // len(lines.encode()))
    notification = _notification(components, at, template, body)
    components.context.publish_to_user(customer_id, notification)
    again = partial(_send_filler, components, run, customer_id)
    interval_s = FAST_INTERVAL_S if at - run.started_at < FAST_S else FILLER_INTERVAL_S
    components.context.scheduler.call_at(at + interval_s, again)


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
    components: ShopComponents, at: float, template: NotificationTemplate, body: str
) -> Notification:
    return Notification(
        payload=template.notification(
            id=components.context.next_notification_id(),
            at=components.context.datetime_at(at),
            body=body,
        )
    )


START_ACTIONS: dict[str, ScenarioAction] = {
    "flash-sale": announce_sale,
    "stock-out": write_off_featured,
    "courier-strike": announce_strike,
    SLOW_CLIENT: start_slow_client,
    "reconnect-storm": schedule_connection_drops,
}
END_ACTIONS: dict[str, ScenarioAction] = {
    "stock-out": expedite_featured,
    "courier-strike": release_parcels,
    SLOW_CLIENT: stop_slow_client,
}
"""By scenario name; a scenario without an entry has only its modifiers."""
