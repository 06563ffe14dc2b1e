"""Backend of the HTTP API: combines the runner, the publisher and the clients."""

from __future__ import annotations

from client.publisher import Publisher
from simulator import report
from simulator.commands import Command
from simulator.presence import Presence
from simulator.runner import Runner
from simulator.state import Done, PublisherState, Scenarios, State


class Shopkeeper:
    """One per process, across restarts of the shop."""

    def __init__(self, runner: Runner, publisher: Publisher, presence: Presence) -> None:
        self._runner, self._publisher, self._presence = runner, publisher, presence

    def state(self) -> State:
        """Return the state of shop, publisher and clients."""
        counts = self._publisher.counts
        return report.state(
            self._runner,
            publisher=PublisherState(
                accepted=counts.accepted,
                reached=counts.reached,
                dropped=counts.dropped,
                refused=counts.refused,
                retries=counts.retries,
                waiting=counts.waiting,
            ),
            presence=self._presence.state(),
            customers=self._presence.customers(),
        )

    def scenarios(self) -> Scenarios:
        """Return all scenarios and their progress."""
        return report.scenarios(self._runner.shop)

    def do(self, command: Command) -> Done:
        """Execute a command.

        Raises:
            Refused: it cannot be done, and nothing has changed.
        """
        result = self._runner.do(command)
        return report.done(self._runner.shop, command, result)
