"""Client of the simulator's control API: ``GET /scenarios`` and ``POST /control``."""

from __future__ import annotations

from collections.abc import Callable

from client.http_client import ApiClient, decode_response
from protocol.simulator_api import (
    Command,
    CommandResponse,
    ScenarioInfo,
    decode_command_response,
    decode_scenario_list,
)


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
            response = self._api.get("/scenarios")
            self._scenarios = decode_response(decode_scenario_list, response).scenarios
        return self._scenarios

    def send_command(self, command: Command) -> CommandResponse:
        """Send a command.

        Raises:
            ApiRequestError: the simulator cannot be reached, the response is invalid, or the
                command was rejected: then the error's detail names the wrong field.
        """
        response = self._api.post("/control", command)
        self._on_change()
        return decode_response(decode_command_response, response)
