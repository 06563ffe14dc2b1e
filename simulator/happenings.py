"""What comes of a step of the shop: messages to publish, and things for others to do."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from protocol.publications import Draft
from simulator.customers import Customer


class Asks(Struct, frozen=True):
    """A customer who is present opens a support conversation on this topic."""

    customer: Customer
    topic: str


class StopsReading(Struct, frozen=True):
    """A customer comes on one more socket and reads nothing from it until ``Reads``."""

    customer: Customer


class Reads(Struct, frozen=True):
    """The customer who stopped reading looks at what has come, and leaves."""


class LoseConnections(Struct, frozen=True):
    """The network of all customers who are present fails, and is there again at once."""


class Turn(StrEnum):
    """What may happen to a scenario."""

    BEGUN = "begun"
    OVER = "over"
    STOPPED = "stopped"


class Plays(Struct, frozen=True):
    """A scenario has begun or ended."""

    name: str
    turn: Turn


Happening = Draft | Asks | StopsReading | Reads | LoseConnections | Plays
