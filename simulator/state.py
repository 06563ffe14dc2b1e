"""What ``GET /state`` answers, as its readers see it in JSON.

Money is a JSON number with two decimal places, in UAH; moments are ISO 8601 in UTC.
Readers need not import this: the fields here are the contract.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from protocol.events import Moment, Order, OrderStatus
from protocol.money import Money


class ProductState(Struct, frozen=True):
    """One product: what is left of it by warehouse, and how many pieces are sold.

    ``threshold`` is for each shelf: in a warehouse with that many left or fewer it runs low.
    ``sold`` counts since the start, without what came back from cancelled orders.
    """

    id: str
    sku: str
    name: str
    category: str
    price: Money
    threshold: int
    stock: dict[str, int]
    sold: int


class StatusChange(Struct, frozen=True):
    """When an order came to be in a status."""

    status: OrderStatus
    at: Moment


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
    """What became of the publications, since the start.

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


class State(Struct, frozen=True, kw_only=True):
    """The shop at one moment.

    ``orders`` are the live ones and the last 100 finished, newest first; ``orders_by_status``
    counts every order since the start; ``publications`` counts by message type.
    ``revenue_today`` is the sum of the orders paid since midnight UTC and not refunded.
    ``rate`` is the mean number of publications a second that the shop aims at.
    """

    started_at: Moment
    now: Moment
    seed: int
    rate: float
    running: bool
    tenant: str
    currency: str
    warehouses: tuple[str, ...]
    products: tuple[ProductState, ...]
    orders: tuple[OrderState, ...]
    orders_by_status: dict[OrderStatus, int]
    publications: dict[str, int]
    revenue_today: Money
    publisher: PublisherState
    customers: tuple[CustomerState, ...]
