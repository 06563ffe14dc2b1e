"""Client of the simulator's control API: scenarios and commands.

Uses ``GET /scenarios`` and ``POST /control``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from client.http_client import ApiClient, ApiRequestError
from common.text_markers import N_
from protocol import simulator_api__merge_simulation
from protocol.event_payloads import CustomerRef, OrderStatus
from protocol.simulator_api__merge_simulation import ScenarioInfo

UNEXPECTED_RESPONSE = N_("the response is not from a simulator")


class OrderSummary(Struct, frozen=True):
    """The order that a command placed or moved."""

    id: str
    number: str
    status: OrderStatus
    customer: CustomerRef


class CommandResponse(Struct, frozen=True):
    """The response to a command; ``order`` and ``shelves`` are set by some commands only."""

    command: str
    order: OrderSummary | None = None
    shelves: int | None = None


class SimulatorClient:
    """Client of one simulator; ``on_change`` is called after a command succeeded."""

    def __init__(self, api: ApiClient, on_change: Callable[[], None]) -> None:
        self._api, self._on_change = api, on_change
        self._scenarios: tuple[ScenarioInfo, ...] = ()

    def list_scenarios(self) -> tuple[ScenarioInfo, ...]:
        """Return the available scenarios; fetched once, as they do not change at run time.

        Raises:
            ApiRequestError: the simulator cannot be reached, or the response is invalid.
        """
        if not self._scenarios:
            try:
                answer = self._api.get("/scenarios")
                self._scenarios = simulator_api__merge_simulation.decode_scenarios(answer)
            except msgspec.DecodeError:
                raise ApiRequestError(UNEXPECTED_RESPONSE) from None
        return self._scenarios

    def send_command(self, command: str, **fields: Any) -> CommandResponse:
        """Send a command; fields that are None are omitted.

        Raises:
            ApiRequestError: it failed; ``detail`` says which field is wrong.
        """
        given = {name: value for name, value in fields.items() if value is not None}
        answer = self._api.post("/control", {"command": command, **given})
        self._on_change()
        try:
            return _response_decoder.decode(answer)
        except msgspec.DecodeError:
            raise ApiRequestError(UNEXPECTED_RESPONSE) from None


_response_decoder = msgspec.json.Decoder(CommandResponse)
