"""Polls the simulator's state on a thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from client.http_client import TIMEOUT_S, ApiClient, ApiRequestError, decode_response
from protocol import simulator_api
from protocol.simulator_api import ShopState

log = logging.getLogger(__name__)
POLL_INTERVAL_S = 2.0


class SimulatorPoller:
    """Calls ``on_state`` with each state, or ``on_error`` with a reason, until it is closed."""

    def __init__(
        self,
        api: ApiClient,
        on_state: Callable[[ShopState], None],
        on_error: Callable[[str], None],
        interval_s: float = POLL_INTERVAL_S,
    ) -> None:
        self._api, self._on_state, self._on_error = api, on_state, on_error
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._started = self._reported = 0  # the number of the last poll that did
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulator-poll", daemon=True)

    def start(self) -> None:
        """Start polling at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop polling; waits at most ``TIMEOUT_S`` for a request in progress."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_S)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self.poll_once()
            except Exception:  # a bug, which must not end the polling
                log.exception("cannot poll the simulator")
            self._closing.wait(self._interval_s)

    def poll_once(self) -> None:
        """Poll once on the caller's thread.

        A response that comes after that of a later poll is dropped: it has an earlier state.
        """
        with self._lock:
            self._started += 1
            number = self._started
        report: Callable[[], None]
        try:
            state = decode_response(simulator_api.decode_shop_state, self._api.get("/state"))
            report = partial(self._on_state, state)
        except ApiRequestError as error:
            report = partial(self._on_error, str(error))
        with self._lock:
            if number > self._reported:
                self._reported = number
                report()
