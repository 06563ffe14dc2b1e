"""Events of a simulation step: publications, and actions for the WebSocket clients."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from protocol.publications import Draft
from simulator.customers import Customer


class Asks(Struct, frozen=True):
    """A connected customer opens a support conversation on this topic."""

    customer: Customer
    topic: str


class StopsReading(Struct, frozen=True):
    """A customer opens one more connection and does not read from it until ``Reads``."""

    customer: Customer


class Reads(Struct, frozen=True):
    """The slow client resumes reading, then closes."""


class LoseConnections(Struct, frozen=True):
    """Abort the connections of all customers; they reconnect."""


class Turn(StrEnum):
    """Phase of a scenario."""

    BEGUN = "begun"
    OVER = "over"
    STOPPED = "stopped"


class Plays(Struct, frozen=True):
    """A scenario started or ended."""

    name: str
    turn: Turn


Happening = Draft | Asks | StopsReading | Reads | LoseConnections | Plays
