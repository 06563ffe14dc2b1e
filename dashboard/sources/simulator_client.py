"""Client of the simulator's control API: ``GET /scenarios`` and ``POST /control``."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from client.http_client import ApiClient, ApiRequestError
from common.text_markers import N_
from protocol.simulator_api import (
    Command,
    CommandResponse,
    ScenarioInfo,
    decode_command_response,
    decode_scenario_list,
)

UNEXPECTED_RESPONSE = N_("the response is not from a simulator")


class SimulatorClient:
    """Client of one simulator; calls ``on_change`` after each command."""

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
                self._scenarios = decode_scenario_list(self._api.get("/scenarios")).scenarios
            except msgspec.DecodeError:
                raise ApiRequestError(UNEXPECTED_RESPONSE) from None
        return self._scenarios

    def send_command(self, command: Command) -> CommandResponse:
        """Send a command.

        Raises:
            ApiRequestError: the simulator cannot be reached, the response is invalid, or the
                command was rejected: then the error's detail names the wrong field.
        """
        response = self._api.post("/control", command)
        self._on_change()
        try:
            return decode_command_response(response)
        except msgspec.DecodeError:
            raise ApiRequestError(UNEXPECTED_RESPONSE) from None
