"""Records that a learner has a lesson open, also while its tab is hidden or not redrawn."""

from __future__ import annotations

import threading
from collections.abc import Callable

SEEN_EVERY_S = 20.0


class Presence:
    """Calls ``record`` on a thread of its own every ``every_s`` seconds, until it is ended."""

    def __init__(self, record: Callable[[], None], every_s: float = SEEN_EVERY_S) -> None:
        self._record, self._every_s = record, every_s
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="training-presence", daemon=True).start()

    def end(self) -> None:
        """Record nothing any more."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            self._record()
