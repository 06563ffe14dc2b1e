"""Client of the simulator's control API: scenarios and commands.

Uses ``GET /scenarios`` and ``POST /control``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from dashboard import simulation
from dashboard.ask import Asker, Unanswered
from dashboard.simulation import Scenario
from dashboard.words import N_
from protocol.events import OrderStatus, Person

NOT_UNDERSTOOD = N_("the response is not from a simulator")


class OrderTold(Struct, frozen=True):
    """The order that a command placed or moved."""

    id: str
    number: str
    status: OrderStatus
    customer: Person


class Done(Struct, frozen=True):
    """The response to a command; ``order`` and ``shelves`` are set by some commands only."""

    command: str
    order: OrderTold | None = None
    shelves: int | None = None


class Control:
    """One simulator; ``changed`` is called when it has done something."""

    def __init__(self, simulator: Asker, changed: Callable[[], None]) -> None:
        self._simulator, self._changed = simulator, changed
        self._scenarios: tuple[Scenario, ...] = ()

    def scenarios(self) -> tuple[Scenario, ...]:
        """Return the available scenarios; fetched once, as they do not change at run time.

        Raises:
            Unanswered: the simulator cannot be reached, or the response is invalid.
        """
        if not self._scenarios:
            try:
                answer = self._simulator.get("/scenarios")
                self._scenarios = simulation.read_scenarios(answer)
            except msgspec.DecodeError:
                raise Unanswered(NOT_UNDERSTOOD) from None
        return self._scenarios

    def send(self, command: str, **fields: Any) -> Done:
        """Send a command; fields that are None are omitted.

        Raises:
            Unanswered: it did not; the refusal says which field is wrong.
        """
        given = {name: value for name, value in fields.items() if value is not None}
        answer = self._simulator.post("/control", {"command": command, **given})
        self._changed()
        try:
            return _done.decode(answer)
        except msgspec.DecodeError:
            raise Unanswered(NOT_UNDERSTOOD) from None


_done = msgspec.json.Decoder(Done)
