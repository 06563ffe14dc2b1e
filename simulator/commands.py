"""What one may ask of the running simulator: ``POST /control``, read and checked.

Says what a command looks like, not what it does; what only the shop can know (whether there is
such an order) it refuses itself, with the same ``Refused``.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from protocol.events import OrderStatus, Priority

SLOWEST, FASTEST = 1.0, 60.0
MOST_A_SECOND = 5000.0
"""Publications a real second that one process makes and the server takes."""

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Quantity = Annotated[int, Meta(ge=1, le=1000)]
Rate = Annotated[float, Meta(gt=0, le=MOST_A_SECOND)]
Speed = Annotated[float, Meta(ge=SLOWEST, le=FASTEST)]
Seed = Annotated[int, Meta(ge=0, le=1 << 53)]  # beyond it a JSON reader with doubles rounds


class Refused(Exception):
    """The command cannot be done; ``field`` is the one that is wrong."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class Unreadable(Exception):
    """It is no JSON object at all."""


class _Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """One line of the table in docs/simulator.md."""


class Pause(_Command, frozen=True, tag="pause"):
    """Let virtual time stand still."""


class Resume(_Command, frozen=True, tag="resume"):
    """Let it go on."""


class SetSpeed(_Command, frozen=True, tag="speed"):
    """Let so many virtual seconds pass in a second."""

    speed: Speed


class SetRate(_Command, frozen=True, tag="rate"):
    """Aim at so many publications a virtual second."""

    rate: Rate


class Restart(_Command, frozen=True, tag="restart"):
    """Begin another run from its first second; with the seed of this one if none is given."""

    seed: Seed | None = None


class StartScenario(_Command, frozen=True, tag="start_scenario"):
    """Begin a scenario; one that runs begins again."""

    name: Name


class StopScenario(_Command, frozen=True, tag="stop_scenario"):
    """End a scenario before its time."""

    name: Name


class Restock(_Command, frozen=True, tag="restock"):
    """Have the supplier come at once, with ``quantity`` pieces or the usual lot for each shelf.

    Without a product he comes to every shelf that is low or empty.
    """

    product: Name | None = None
    warehouse: Name | None = None
    quantity: Quantity | None = None


class PlaceOrder(_Command, frozen=True, tag="place_order"):
    """Have a customer order something now; whom and what chance decides, if it is not said."""

    customer: Annotated[str, Meta(pattern=r"^user_[1-9][0-9]{0,6}$")] | None = None
    product: Name | None = None
    quantity: Quantity = 1


class AdvanceOrder(_Command, frozen=True, tag="advance_order"):
    """Move an order on now: to ``to``, or to where it goes if nothing goes wrong."""

    order: Name
    to: OrderStatus | None = None


class SetStock(_Command, frozen=True, tag="set_stock"):
    """Let so many pieces lie on a product's shelf, or on each of its shelves."""

    product: Name
    level: Annotated[int, Meta(ge=0, le=100_000)]
    warehouse: Name | None = None


class Announce(_Command, frozen=True, tag="announce"):
    """Tell everyone who is connected."""

    title: Annotated[str, Meta(min_length=1, max_length=120)]
    body: Annotated[str, Meta(min_length=1, max_length=500)]
    priority: Priority = Priority.NORMAL


class TakeConversation(_Command, frozen=True, tag="take_conversation"):
    """Leave a support conversation to people: the simulated agent says nothing more in it."""

    conversation: Name


ShopCommand = (
    StartScenario | StopScenario | Restock | PlaceOrder | AdvanceOrder | SetStock | Announce
)
"""Changes what happens in the shop, at the moment at which it comes."""
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
