"""Actions of scenarios at their start and end, besides their modifiers.

Each takes the components, the run and the time.  Actions scheduled for later are skipped if the
run has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from protocol.channels import Channel, Kind
from protocol.events import Notice, Priority
from protocol.messages import Notification
from simulator.happenings import LoseConnections, Reads, StopsReading
from simulator.house import House
from simulator.stage import Scene

Act = Callable[[House, Scene, float], None]

STORMS, STORMS_APART_S = 3, 15.0
PARTS_APART_S = 0.1
PART_BYTES = 30_000
"""Ten per second exceed a client's limit after some 18 s, socket buffers included."""
PUBLIC = Channel(Kind.PUBLIC, "announcements")


def announce_sale(house: House, scene: Scene, at: float) -> None:
    """Announce the discounted products."""
    percent = scene.scenario.influence.discount_percent
    names = [p.name for p in house.premises.catalogue.products if p.id in scene.products]
    body = f"Дві хвилини мінус {percent} %: {', '.join(names)}."
    notice = _notice(house, at, "Блискавичний розпродаж", body, "tag", Priority.HIGH)
    house.desk.publish(PUBLIC, notice)


def empty_shelves(house: House, scene: Scene, at: float) -> None:
    """Write off all stock of the featured products."""
    for shelf in house.stock:
        if shelf.product.id in scene.products:
            house.supply.count(shelf, 0, at)


def fill_shelves(house: House, scene: Scene, at: float) -> None:
    """Expedite the replenishment of the featured products."""
    for shelf in house.stock:
        if shelf.product.id in scene.products:
            house.supply.hurry(shelf, at)


def announce_strike(house: House, _scene: Scene, at: float) -> None:
    """Announce delays."""
    body = "Кур’єри страйкують: посилки затримуються. Дякуємо за терпіння."
    house.desk.publish(PUBLIC, _notice(house, at, "Страйк кур’єрів", body, "truck", Priority.HIGH))


def let_parcels_go(house: House, _scene: Scene, at: float) -> None:
    """Release the parcels that were held."""
    house.fulfilment.let_go(at)


def stall(house: House, scene: Scene, at: float) -> None:
    """Start a slow client for a customer without a connection, and send data to it."""
    customer = house.premises.people.customer(house.desk.start.present + 1)
    house.desk.have(StopsReading(customer))
    _send_part(house, scene, customer.id, at)


def _send_part(house: House, scene: Scene, customer_id: str, at: float) -> None:
    if not house.stage.is_on(scene):
        return
    lines = "\n".join(f"{p.name} — {p.price} грн" for p in house.premises.catalogue.products)
    body = lines * (PART_BYTES // len(lines.encode()))
    notice = _notice(house, at, "Каталог оновлено", body, "book", Priority.LOW)
    house.desk.to_user(customer_id, notice)
    again = partial(_send_part, house, scene, customer_id)
    house.desk.agenda.at(at + PARTS_APART_S, again)


def look_up(house: House, _scene: Scene, _at: float) -> None:
    """Stop the slow client."""
    house.desk.have(Reads())


def storm(house: House, scene: Scene, at: float) -> None:
    """Drop all connections, three times."""
    for count in range(STORMS):
        house.desk.agenda.at(at + count * STORMS_APART_S, partial(_cut, house, scene))


def _cut(house: House, scene: Scene, _at: float) -> None:
    if house.stage.is_on(scene):
        house.desk.have(LoseConnections())


def _notice(
    house: House, at: float, title: str, body: str, icon: str, priority: Priority
) -> Notification:
    return Notification(
        payload=Notice(
            id=house.desk.notice_id(),
            title=title,
            body=body,
            icon=icon,
            priority=priority,
            created_at=house.desk.moment(at),
        )
    )


BEGINNINGS: dict[str, Act] = {
    "flash-sale": announce_sale,
    "stock-out": empty_shelves,
    "courier-strike": announce_strike,
    "slow-client": stall,
    "reconnect-storm": storm,
}
ENDINGS: dict[str, Act] = {
    "stock-out": fill_shelves,
    "courier-strike": let_parcels_go,
    "slow-client": look_up,
}
"""By scenario name; a scenario without an entry has only its modifiers."""
