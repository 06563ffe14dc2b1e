"""Sends a message again and again, at most ten times per second."""

from __future__ import annotations

import threading
from collections.abc import Callable

MIN_INTERVAL_S = 0.1
JOIN_TIMEOUT_S = 1.0


def limit_interval(seconds: float) -> float:
    """Return the interval that is used where ``seconds`` are asked for."""
    return max(seconds, MIN_INTERVAL_S)


class MessageRepeater:
    """Repeats one message at a time, on a thread of its own; thread-safe.

    ``count`` is how often the current or last message was sent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.count = 0

    @property
    def is_running(self) -> bool:
        """Whether a message is being repeated."""
        thread = self._thread
        return thread is not None and thread.is_alive() and not self._stopped.is_set()

    def start(
        self, send: Callable[[int], None], interval_s: float, may_continue: Callable[[], bool]
    ) -> None:
        """Send now and then every ``interval_s``, instead of what was repeated before.

        Args:
            send: sends the message; gets its number, from 1.
            interval_s: seconds between two messages; see ``limit_interval``.
            may_continue: called before each message but the first; False ends the repetition.
        """
        self.stop()
        with self._lock:
            self._stopped, self.count = threading.Event(), 0
            self._thread = threading.Thread(
                target=self._run,
                args=(send, limit_interval(interval_s), may_continue, self._stopped),
                name="message-repeater",
                daemon=True,
            )
            self._thread.start()

    def stop(self) -> None:
        """Stop and wait for the thread; does nothing while nothing is repeated."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopped.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(JOIN_TIMEOUT_S)

    def _run(
        self,
        send: Callable[[int], None],
        interval_s: float,
        may_continue: Callable[[], bool],
        stopped: threading.Event,
    ) -> None:
        while not stopped.is_set():
            self.count += 1
            send(self.count)
            if stopped.wait(interval_s) or not may_continue():
                break
        stopped.set()
