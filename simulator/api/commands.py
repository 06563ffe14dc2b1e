"""Commands of ``POST /control``: types and parsing.

Only the syntax is checked here; the shop rejects what only it can know (whether an order exists)
with the same ``Refused``.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from protocol.event_payloads import OrderStatus, Priority

MIN_SPEED, MAX_SPEED = 1.0, 60.0
MAX_PUBLICATION_RATE = 5000.0
"""Limit of publications per real second: what one process and the server can handle."""

Identifier = Annotated[str, Meta(min_length=1, max_length=100)]
Quantity = Annotated[int, Meta(ge=1, le=1000)]
Rate = Annotated[float, Meta(gt=0, le=MAX_PUBLICATION_RATE)]
Speed = Annotated[float, Meta(ge=MIN_SPEED, le=MAX_SPEED)]
Seed = Annotated[int, Meta(ge=0, le=1 << 53)]  # beyond it a JSON reader with doubles rounds


class CommandRejected(Exception):
    """The command was rejected; ``field`` names the wrong field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class MalformedCommand(Exception):
    """The body is not a JSON object."""


class _Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """One line of the table in docs/simulator.md."""


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
    """Start a new run; with the current seed if none is given."""

    seed: Seed | None = None


class StartScenario(_Command, frozen=True, tag="start_scenario"):
    """Start a scenario; a running one restarts."""

    name: Identifier


class StopScenario(_Command, frozen=True, tag="stop_scenario"):
    """Stop a scenario."""

    name: Identifier


class Restock(_Command, frozen=True, tag="restock"):
    """Replenish shelves now, with ``quantity`` pieces or the usual lot each.

    Without a product, all shelves that are low or empty.
    """

    product: Identifier | None = None
    warehouse: Identifier | None = None
    quantity: Quantity | None = None


class PlaceOrder(_Command, frozen=True, tag="place_order"):
    """Place an order now; customer and product are random if not given."""

    customer: Annotated[str, Meta(pattern=r"^user_[1-9][0-9]{0,6}$")] | None = None
    product: Identifier | None = None
    quantity: Quantity = 1


class AdvanceOrder(_Command, frozen=True, tag="advance_order"):
    """Change the status of an order now: to ``to``, or to the next on the happy path."""

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
    | TakeConversation
    | ShopCommand
)

C = TypeVar("C", bound=Struct)
_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_FIELD_IN_ERROR = re.compile(r"at `\$\.(\w+)|field `(.*)`$", re.DOTALL)


def parse_command(body: bytes) -> Command:
    """Read a command.

    Raises:
        Unreadable: the body is no JSON object.
        Refused: there is no such command, or a field of it is wrong, missing or unknown.
    """
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as why:
        if "Expected `object`" in str(why) and "at `" not in str(why):
            raise MalformedCommand from None
        found = _FIELD_IN_ERROR.search(str(why))
        raise CommandRejected((found[1] or found[2]) if found else "command", str(why)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedCommand from None
