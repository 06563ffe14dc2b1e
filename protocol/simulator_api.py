"""Control API of the simulator: commands and responses.

Both the simulator and the workbench use these types; docs/simulator.md describes their fields.
Money is a JSON number with two decimal places, in UAH; times are ISO 8601 in UTC.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from protocol.codec import DECODE_ERRORS
from protocol.event_payloads import CustomerRef, Order, OrderStatus, Priority, Timestamp
from protocol.money import Money, decode_money

T = TypeVar("T")

MIN_SPEED, MAX_SPEED = 1.0, 60.0
MAX_PUBLICATION_RATE = 5000.0
"""Limit of publications per real second: what one process and the server can handle."""

Identifier = Annotated[str, Meta(min_length=1, max_length=100)]
Quantity = Annotated[int, Meta(ge=1, le=1000)]
Rate = Annotated[float, Meta(gt=0, le=MAX_PUBLICATION_RATE)]
Speed = Annotated[float, Meta(ge=MIN_SPEED, le=MAX_SPEED)]
HoldTime = Annotated[float, Meta(ge=0, le=86_400)]
Seed = Annotated[int, Meta(ge=0, le=1 << 53)]  # beyond it a JSON reader with doubles rounds


class ShopLanguage(StrEnum):
    """Language of the shop's data: its products, names and texts."""

    UKRAINIAN = "uk"
    ENGLISH = "en"


def order_id(run: str, number: int) -> str:
    """Return the id of an order of the simulator, from its run and its number in it."""
    return f"ord_{run}_{number}"


def is_order_of_run(id: str, run: str) -> bool:
    """Return whether an order with this id is of this run of the simulator."""
    return id.startswith(f"ord_{run}_")


class _Command(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="command",
    omit_defaults=True,
):
    """One row of the table "Commands" in docs/simulator.md."""


class PauseSimulation(_Command, frozen=True, tag="pause"):
    """Pause virtual time."""


class ResumeSimulation(_Command, frozen=True, tag="resume"):
    """Resume virtual time."""


class SetSpeed(_Command, frozen=True, tag="speed"):
    """Set the virtual seconds per real second."""

    speed: Speed


class SetRate(_Command, frozen=True, tag="rate"):
    """Set the target of publications per virtual second."""

    rate: Rate


class RestartSimulation(_Command, frozen=True, tag="restart"):
    """Start a new run at the current speed and rate; with the current seed if none is given."""

    seed: Seed | None = None


class ResetSimulation(_Command, frozen=True, tag="reset"):
    """Put the shop back to its start: a new run at the speed and rate of the start.

    A paused shop stays paused.  With the current seed and language if none are given.
    """

    seed: Seed | None = None
    language: ShopLanguage | None = None


class StartScenario(_Command, frozen=True, tag="start_scenario"):
    """Start a scenario; a running one restarts."""

    name: Identifier


class StopScenario(_Command, frozen=True, tag="stop_scenario"):
    """Stop a scenario."""

    name: Identifier


class Restock(_Command, frozen=True, tag="restock"):
    """Replenish shelves now, each with ``quantity`` pieces or its reorder quantity.

    Without a product: all shelves whose stock is low or zero.
    """

    product: Identifier | None = None
    warehouse: Identifier | None = None
    quantity: Quantity | None = None


class PlaceOrder(_Command, frozen=True, tag="place_order"):
    """Place an order now; without a customer for a connected one, without a product a random one.

    Nothing happens to it by chance: it neither fails nor is cancelled, but by a scenario.  For
    ``hold_s`` virtual seconds nothing happens to it but by commands.
    """

    customer: Annotated[str, Meta(pattern=r"^user_[1-9][0-9]{0,6}$")] | None = None
    product: Identifier | None = None
    quantity: Quantity = 1
    hold_s: HoldTime = 0.0


class AdvanceOrder(_Command, frozen=True, tag="advance_order"):
    """Change the status of an order now: to ``to``, or to the next on the happy path.

    The shop's schedule leaves it alone for the next three virtual minutes.
    """

    order: Identifier
    to: OrderStatus | None = None


class SetStock(_Command, frozen=True, tag="set_stock"):
    """Set the stock level of a product's shelf, or of each of its shelves."""

    product: Identifier
    level: Annotated[int, Meta(ge=0, le=100_000)]
    warehouse: Identifier | None = None


class Announce(_Command, frozen=True, tag="announce"):
    """Send a notification to everyone."""

    title: Annotated[str, Meta(min_length=1, max_length=120)]
    body: Annotated[str, Meta(min_length=1, max_length=500)]
    priority: Priority = Priority.NORMAL


class TakeConversation(_Command, frozen=True, tag="take_conversation"):
    """Stop the simulated agent in a support conversation."""

    conversation: Identifier


class ReleaseConversation(_Command, frozen=True, tag="release_conversation"):
    """Have the simulated agent answer in a support conversation again, until a person does."""

    conversation: Identifier


ShopCommand = (
    StartScenario | StopScenario | Restock | PlaceOrder | AdvanceOrder | SetStock | Announce
)
"""Commands that the shop executes."""
Command = (
    PauseSimulation
    | ResumeSimulation
    | SetSpeed
    | SetRate
    | RestartSimulation
    | ResetSimulation
    | TakeConversation
    | ReleaseConversation
    | ShopCommand
)


def command_name(command: Command) -> str:
    """Return the name of a command: its ``command`` field."""
    return str(command.__struct_config__.tag)


class LocalizedText(Struct, frozen=True):
    """A text in English and in Ukrainian."""

    en: str
    uk: str

    def in_language(self, code: str) -> str:
        """Return the text in a language, in English if there is none in it."""
        return (self.uk if code == "uk" else "") or self.en


class ScenarioPhase(StrEnum):
    """Phase of a scenario run."""

    STARTED = "begun"
    FINISHED = "over"
    STOPPED = "stopped"


class ProductState(Struct, frozen=True):
    """One product: remaining stock by warehouse, and the number of pieces sold.

    ``price`` is the catalogue price, ``sale_price`` the current one.  ``threshold`` applies to
    each shelf: stock is low at or below it.  ``sold`` counts since the start, without pieces
    returned by cancelled orders.
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
    """An order with its status history, oldest first, and the tracking data of its parcel.

    ``payment_status`` is ``pending``, ``paid``, ``failed``, ``void`` or ``refunded``.
    """

    history: tuple[StatusChange, ...]
    payment_status: str
    tracking_number: str | UnsetType = UNSET
    tracking_url: str | UnsetType = UNSET
    tracking_status: str | UnsetType = UNSET


class PublisherState(Struct, frozen=True):
    """Counts of publications since the start, by outcome.

    ``accepted`` by the server, which delivered them ``reached`` times; ``dropped`` because the
    queue was full; ``refused`` by the server as invalid; ``waiting`` in the queue now.
    """

    accepted: int
    reached: int
    dropped: int
    refused: int
    retries: int
    waiting: int


class CustomerState(Struct, frozen=True):
    """A customer with a WebSocket, and whether it is signed in to the server now."""

    id: str
    name: str
    signed_in: bool


class ClientPoolState(Struct, frozen=True):
    """Counts of the simulated WebSocket clients, including the support agent.

    ``reconnects`` counts connections reopened after a loss;
    ``evictions`` counts slow clients closed with 4100.
    """

    sockets: int
    signed_in: int
    reconnects: int
    evictions: int


class SubjectKind(StrEnum):
    """Kind of the thing that a scenario acts on."""

    PRODUCT = "product"
    WAREHOUSE = "warehouse"
    CUSTOMER = "customer"
    ORDER = "order"


class ScenarioSubject(Struct, frozen=True):
    """A thing that a scenario acts on; ``id`` is a product id, warehouse name, user or order id."""

    kind: SubjectKind
    id: str
    name: str


class RunningScenario(Struct, frozen=True):
    """A running scenario; ``progress`` goes from 0 to 1, ``left_s`` is in virtual seconds.

    ``subjects`` is empty if it acts on the whole shop.
    """

    name: str
    started_at: Timestamp
    ends_at: Timestamp
    progress: float
    left_s: float
    subjects: tuple[ScenarioSubject, ...] = ()


class FinishedScenario(Struct, frozen=True):
    """A finished scenario run; ``how`` is ``over``, or ``stopped`` before its end."""

    name: str
    started_at: Timestamp
    ended_at: Timestamp
    how: ScenarioPhase
    subjects: tuple[ScenarioSubject, ...] = ()


class ShopState(Struct, frozen=True, kw_only=True):
    """Body of ``GET /state``: the shop at one moment; all times are virtual.

    ``run`` is part of the order ids of this run; ``running`` is false while paused.
    ``language`` is that of the names and texts in this state.  ``reset_at`` is when ``reset`` or
    ``restart`` started this run; None if the program's start did.
    ``elapsed_s`` counts the virtual seconds simulated at ``speed`` per real second, without the
    ``skipped_s`` during which the machine was asleep or behind.  ``rate`` is the target of
    publications per virtual second.

    ``orders`` are the newest 500 of the ``live_orders`` and the last 100 finished ones, newest
    first.  ``orders_by_status`` counts all orders since the start, ``publications`` all
    publications by message type.  ``revenue_today`` is the total of the orders paid since
    midnight UTC and not refunded.  ``ended`` are the last ten finished scenarios, latest first.
    ``taken_conversations`` are the ids of the support conversations in which a person answers
    and the simulated agent does not.
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
    presence: ClientPoolState
    customers: tuple[CustomerState, ...]
    language: ShopLanguage = ShopLanguage.UKRAINIAN
    reset_at: Timestamp | None = None
    taken_conversations: tuple[str, ...] = ()

    def running_scenario(self, name: str) -> RunningScenario | None:
        """Return a scenario's progress, if it is running."""
        return next((scenario for scenario in self.scenarios if scenario.name == name), None)


class ScenarioInfo(Struct, frozen=True):
    """A scenario that can be started; ``running`` is its progress, if it is running."""

    name: str
    title: LocalizedText
    sentence: LocalizedText
    watch: LocalizedText
    pages: tuple[str, ...]
    lasts_s: float
    running: RunningScenario | None


class ScenarioList(Struct, frozen=True):
    """Body of ``GET /scenarios``: all scenarios, in the order of their file."""

    scenarios: tuple[ScenarioInfo, ...]


class OrderSummary(Struct, frozen=True):
    """The order that a command placed or changed."""

    id: str
    number: str
    status: OrderStatus
    total: Money
    customer: CustomerRef


class CommandResponse(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Response of ``POST /control``: the command, its virtual time, and what it changed.

    ``notification`` is the id of the announced notification.
    """

    command: str
    at: Timestamp
    order: OrderSummary | UnsetType = UNSET
    shelves: int | UnsetType = UNSET
    notification: str | UnsetType = UNSET


def _decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except DECODE_ERRORS as error:
        raise msgspec.DecodeError(str(error)) from error


_state_decoder = msgspec.json.Decoder(ShopState, dec_hook=decode_money, float_hook=Decimal)
_scenarios_decoder = msgspec.json.Decoder(ScenarioList)
_response_decoder = msgspec.json.Decoder(CommandResponse, dec_hook=decode_money, float_hook=Decimal)


def decode_shop_state(body: bytes) -> ShopState:
    """Decode the response of ``GET /state``.

    Raises:
        msgspec.DecodeError: the body does not match the contract.
    """
    return _decode(_state_decoder, body)


def decode_scenario_list(body: bytes) -> ScenarioList:
    """Decode the response of ``GET /scenarios``.

    Raises:
        msgspec.DecodeError: the body does not match the contract.
    """
    return _decode(_scenarios_decoder, body)


def decode_command_response(body: bytes) -> CommandResponse:
    """Decode the response of ``POST /control``.

    Raises:
        msgspec.DecodeError: the body does not match the contract.
    """
    return _decode(_response_decoder, body)
