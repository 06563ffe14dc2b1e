"""Responses of the control API.

Money is a JSON number with two decimal places, in UAH; moments are ISO 8601 in UTC.
These types are the contract.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, field

from protocol.event_payloads import CustomerRef, Order, OrderStatus, Timestamp
from protocol.money import Money
from simulator.scenarios.definitions import LocalizedText
from simulator.shop.simulation_events import ScenarioPhase


class ProductState(Struct, frozen=True):
    """One product: what is left of it by warehouse, and how many pieces are sold.

    ``price`` is the catalogue's, ``sale_price`` what it costs now.  ``threshold`` is for
    each shelf: in a warehouse with that many left or fewer it runs low.
    ``sold`` counts since the start, without what came back from cancelled orders.
    """

    id: str
    sku: str
    name: str
    category: str
    price: Money
    sale_price: Money
    threshold: int
    stock: dict[str, int]
    sold: int


class StatusChange(Struct, frozen=True):
    """When an order reached a status."""

    status: OrderStatus
    at: Timestamp


class OrderState(Order, frozen=True, kw_only=True):
    """An order, with all its statuses, oldest first, and where its parcel is.

    ``payment_status`` is ``pending``, ``paid``, ``failed``, ``void`` or ``refunded``.
    """

    history: tuple[StatusChange, ...]
    payment_status: str
    tracking_number: str | UnsetType = UNSET
    tracking_url: str | UnsetType = UNSET
    tracking_status: str | UnsetType = UNSET


class PublisherState(Struct, frozen=True):
    """Counts of publications by outcome, since the start.

    ``accepted`` by the server, ``reached`` as many sockets, ``dropped`` because the buffer was
    full, ``refused`` by the server as wrong; ``waiting`` are in the buffer now.
    """

    accepted: int
    reached: int
    dropped: int
    refused: int
    retries: int
    waiting: int


class CustomerState(Struct, frozen=True):
    """A customer who holds a WebSocket; ``signed_in`` tells whether the server knows them now."""

    id: str
    name: str
    signed_in: bool


class ClientPoolState(Struct, frozen=True):
    """Counts of the simulated WebSocket clients, including the agent.

    ``reconnects`` counts connections reopened after a loss;
    ``evictions`` counts slow clients closed with 4100.
    """

    sockets: int
    signed_in: int
    reconnects: int
    evictions: int


class RunningScenario(Struct, frozen=True):
    """A scenario that is running; ``progress`` goes from 0 to 1, ``left_s`` is virtual."""

    name: str
    started_at: Timestamp
    ends_at: Timestamp
    progress: float
    left_s: float


class FinishedScenario(Struct, frozen=True):
    """A scenario that ran; ``how`` is ``over``, or ``stopped`` before its time."""

    name: str
    started_at: Timestamp
    ended_at: Timestamp
    how: ScenarioPhase


class ShopState(Struct, frozen=True, kw_only=True):
    """The shop at one moment; all moments are by its virtual clock.

    ``run`` is part of the ids of this run's orders; ``running`` is false while it is paused;
    ``elapsed_s`` is how many virtual seconds it has lived through, at ``speed`` of them in a real
    one, without the ``skipped_s`` that were passed over because the machine was asleep or behind.
    ``rate`` is the mean number of publications a virtual second that the shop aims at.

    ``orders`` are the newest 500 of the ``live_orders`` and the last 100 finished, newest first;
    ``orders_by_status`` counts every order since the start, ``publications`` by message type.
    ``revenue_today`` is the sum of the orders paid since midnight UTC and not refunded.
    ``ended`` are the last ten scenarios that ran, the latest first.
    """

    started_at: Timestamp
    now: Timestamp
    elapsed_s: float
    skipped_s: float
    speed: float
    run: str
    seed: int
    rate: float
    running: bool
    scenarios: tuple[RunningScenario, ...]
    ended: tuple[FinishedScenario, ...]
    tenant: str
    currency: str
    warehouses: tuple[str, ...]
    products: tuple[ProductState, ...]
    orders: tuple[OrderState, ...]
    live_orders: int
    orders_by_status: dict[OrderStatus, int]
    publications: dict[str, int]
    revenue_today: Money
    publisher: PublisherState
    presence: ClientPoolState = field(name="presence")
    customers: tuple[CustomerState, ...]


class ScenarioInfo(Struct, frozen=True):
    """A scenario that may be started; ``running`` is how far it is, if it is."""

    name: str
    title: LocalizedText
    sentence: LocalizedText
    watch: LocalizedText
    pages: tuple[str, ...]
    lasts_s: float
    running: RunningScenario | None


class ScenarioList(Struct, frozen=True):
    """What ``GET /scenarios`` answers: all there are, in the order of their file."""

    scenarios: tuple[ScenarioInfo, ...]


class OrderSummary(Struct, frozen=True):
    """The order that a command changed."""

    id: str
    number: str
    status: OrderStatus
    total: Money
    customer: CustomerRef


class CommandResponse(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What ``POST /control`` answers: what was done, and when by the virtual clock."""

    command: str
    at: Timestamp
    order: OrderSummary | UnsetType = UNSET
    shelves: int | UnsetType = UNSET
