"""Polls the simulator's state on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from dashboard import simulation
from dashboard.ask import TIMEOUT_S, Asker, Unanswered
from dashboard.simulation import ShopState

EVERY_S = 2.0


class Poller:
    """Calls ``hear`` with each state, or ``miss`` with an error, until it is closed."""

    def __init__(
        self,
        simulator: Asker,
        hear: Callable[[ShopState], None],
        miss: Callable[[str], None],
        every_s: float = EVERY_S,
    ) -> None:
        self._simulator, self._hear, self._miss = simulator, hear, miss
        self._every_s = every_s
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulator-poll", daemon=True)

    def start(self) -> None:
        """Begin asking, at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop; an answer that is under way is not waited for longer than ``TIMEOUT_S``."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_S)

    def _run(self) -> None:
        while not self._closing.is_set():
            self.ask()
            self._closing.wait(self._every_s)

    def ask(self) -> None:
        """Ask once, on the caller's own thread, and wait for the answer."""
        try:
            self._hear(simulation.read_state(self._simulator.get("/state")))
        except Unanswered as why:
            self._miss(str(why))
        except msgspec.DecodeError:
            self._miss("unexpected response to GET /state")
