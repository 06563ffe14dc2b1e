"""Events of a simulation step: publications, and actions for the WebSocket clients."""

from __future__ import annotations

from msgspec import Struct

from protocol.publications import PublishRequest
from protocol.simulator_api import ScenarioPhase
from simulator.shop.customers import Customer


class AskSupport(Struct, frozen=True):
    """A connected customer opens a support conversation on this topic."""

    customer: Customer
    topic: str


class StartSlowClient(Struct, frozen=True):
    """A customer opens one more connection and does not read from it until ``StopSlowClient``."""

    customer: Customer


class StopSlowClient(Struct, frozen=True):
    """The slow client resumes reading, then closes."""


class DropConnections(Struct, frozen=True):
    """Abort the connections of all customers; they reconnect."""


class ScenarioChanged(Struct, frozen=True):
    """A scenario started or ended."""

    scenario: str
    phase: ScenarioPhase


SimulationEvent = (
    PublishRequest
    | AskSupport
    | StartSlowClient
    | StopSlowClient
    | DropConnections
    | ScenarioChanged
)
