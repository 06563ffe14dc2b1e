"""Commands of ``POST /control``: types and parsing.

Only the syntax is checked here; the shop rejects what only it can know (whether an order exists)
with the same ``Refused``.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from protocol.events import OrderStatus, Priority

SLOWEST, FASTEST = 1.0, 60.0
MOST_A_SECOND = 5000.0
"""Limit of publications per real second: what one process and the server can handle."""

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Quantity = Annotated[int, Meta(ge=1, le=1000)]
Rate = Annotated[float, Meta(gt=0, le=MOST_A_SECOND)]
Speed = Annotated[float, Meta(ge=SLOWEST, le=FASTEST)]
Seed = Annotated[int, Meta(ge=0, le=1 << 53)]  # beyond it a JSON reader with doubles rounds


class Refused(Exception):
    """The command was rejected; ``field`` names the wrong field."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class Unreadable(Exception):
    """The body is not a JSON object."""


class _Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """One line of the table in docs/simulator.md."""


class Pause(_Command, frozen=True, tag="pause"):
    """Pause virtual time."""


class Resume(_Command, frozen=True, tag="resume"):
    """Resume virtual time."""


class SetSpeed(_Command, frozen=True, tag="speed"):
    """Set the virtual seconds per real second."""

    speed: Speed


class SetRate(_Command, frozen=True, tag="rate"):
    """Set the target of publications per virtual second."""

    rate: Rate


class Restart(_Command, frozen=True, tag="restart"):
    """Start a new run; with the current seed if none is given."""

    seed: Seed | None = None


class StartScenario(_Command, frozen=True, tag="start_scenario"):
    """Start a scenario; a running one restarts."""

    name: Name


class StopScenario(_Command, frozen=True, tag="stop_scenario"):
    """Stop a scenario."""

    name: Name


class Restock(_Command, frozen=True, tag="restock"):
    """Replenish shelves now, with ``quantity`` pieces or the usual lot each.

    Without a product, all shelves that are low or empty.
    """

    product: Name | None = None
    warehouse: Name | None = None
    quantity: Quantity | None = None


class PlaceOrder(_Command, frozen=True, tag="place_order"):
    """Place an order now; customer and product are random if not given."""

    customer: Annotated[str, Meta(pattern=r"^user_[1-9][0-9]{0,6}$")] | None = None
    product: Name | None = None
    quantity: Quantity = 1


class AdvanceOrder(_Command, frozen=True, tag="advance_order"):
    """Change the status of an order now: to ``to``, or to the next on the happy path."""

    order: Name
    to: OrderStatus | None = None


class SetStock(_Command, frozen=True, tag="set_stock"):
    """Set the stock level of a product's shelf, or of each of its shelves."""

    product: Name
    level: Annotated[int, Meta(ge=0, le=100_000)]
    warehouse: Name | None = None


class Announce(_Command, frozen=True, tag="announce"):
    """Send a notification to everyone."""

    title: Annotated[str, Meta(min_length=1, max_length=120)]
    body: Annotated[str, Meta(min_length=1, max_length=500)]
    priority: Priority = Priority.NORMAL


class TakeConversation(_Command, frozen=True, tag="take_conversation"):
    """Stop the simulated agent in a support conversation."""

    conversation: Name


ShopCommand = (
    StartScenario | StopScenario | Restock | PlaceOrder | AdvanceOrder | SetStock | Announce
)
"""Commands that the shop executes."""
Command = Pause | Resume | SetSpeed | SetRate | Restart | TakeConversation | ShopCommand

C = TypeVar("C", bound=Struct)
_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_FIELD = re.compile(r"at `\$\.(\w+)|field `(.*)`$", re.DOTALL)


def read(body: bytes) -> Command:
    """Read a command.

    Raises:
        Unreadable: the body is no JSON object.
        Refused: there is no such command, or a field of it is wrong, missing or unknown.
    """
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as why:
        if "Expected `object`" in str(why) and "at `" not in str(why):
            raise Unreadable from None
        found = _FIELD.search(str(why))
        raise Refused((found[1] or found[2]) if found else "command", str(why)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable from None
