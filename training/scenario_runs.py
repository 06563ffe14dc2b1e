"""Scenarios that exercises of this process have started, and which exercises use them."""

from __future__ import annotations

import threading
from datetime import datetime

from protocol.simulator_api import StartScenario, StopScenario
from training.environment import Services


class _Run:
    """A run that an exercise has started, and the exercises that use it."""

    def __init__(self, started_at: datetime) -> None:
        self.started_at = started_at
        self.users: set[object] = set()


class ScenarioRuns:
    """Starts scenarios for exercises, and stops those that nobody uses any more.

    A run of somebody else is used as it is, and never stopped.  Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[tuple[str, str], _Run] = {}

    def start(self, services: Services, simulator_url: str, name: str, user: object) -> None:
        """Start a scenario, unless it is running.

        Raises:
            ApiRequestError: the simulator cannot be reached, or does not know the scenario.
        """
        with self._lock:
            key = (simulator_url, name)
            if (started_at := _started_at(services, name)) is None:
                services.send_command(StartScenario(name))
                started_at = _started_at(services, name)
                if started_at is not None:
                    self._runs[key] = _Run(started_at)
            run = self._runs.get(key)
            if run is not None and run.started_at == started_at:
                run.users.add(user)

    def release(self, services: Services, simulator_url: str, user: object) -> None:
        """Stop the runs that only this exercise uses.

        Raises:
            ApiRequestError: the simulator cannot be reached.
        """
        with self._lock:
            for key, run in list(self._runs.items()):
                if key[0] != simulator_url or user not in run.users:
                    continue
                run.users.remove(user)
                if not run.users:
                    del self._runs[key]
                    if _started_at(services, key[1]) == run.started_at:
                        services.send_command(StopScenario(key[1]))


def _started_at(services: Services, name: str) -> datetime | None:
    """Return when the current run of a scenario started; None if it is not running."""
    running = services.shop_state().running_scenario(name)
    return running.started_at if running else None
