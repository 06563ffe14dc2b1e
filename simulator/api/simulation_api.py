"""Backend of the control API: combines the runner, the publisher and the clients."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from client.publisher.http import HttpPublisher
from protocol.simulator_api import (
    Command,
    CommandResponse,
    PublisherState,
    ResetSimulation,
    RestartSimulation,
    ScenarioList,
    ShopState,
)
from simulator.api import serializers
from simulator.clients.pool import ClientPool
from simulator.runner import SimulationRunner

OLD_REQUEST_TIMEOUT_S = 1.0
"""How long a command waits for a request with publications of the old run."""


class SimulationApi:
    """Backend of the control API; one per process, across restarts of the shop."""

    def __init__(
        self, runner: SimulationRunner, publisher: HttpPublisher, clients: ClientPool
    ) -> None:
        self._runner, self._publisher, self._clients = runner, publisher, clients

    def state(self) -> ShopState:
        """Return the state of shop, publisher and clients."""
        counts = self._publisher.counts
        return serializers.shop_state(
            self._runner,
            publisher=PublisherState(
                accepted=counts.accepted,
                reached=counts.reached,
                dropped=counts.dropped,
                refused=counts.refused,
                retries=counts.retries,
                waiting=counts.waiting,
            ),
            presence=self._clients.state(),
            customers=self._clients.customers(),
            taken_conversations=self._clients.taken_conversations(),
        )

    def scenarios(self) -> ScenarioList:
        """Return all scenarios and their progress."""
        return serializers.scenario_list(self._runner.shop)

    async def execute(self, command: Command) -> CommandResponse:
        """Execute a command.

        After a new run has started, nothing of the old one is published any more, except by a
        request that was already sent and takes longer than ``OLD_REQUEST_TIMEOUT_S``.

        Raises:
            CommandRejected: it cannot be executed; nothing has changed.
        """
        result = self._runner.execute(command)
        if isinstance(command, RestartSimulation | ResetSimulation):
            with suppress(TimeoutError):
                async with asyncio.timeout(OLD_REQUEST_TIMEOUT_S):
                    await self._publisher.wait_until_discarded()
        return serializers.command_response(self._runner.shop, command, result)
