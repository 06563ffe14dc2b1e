"""Waits for readable sockets with a timeout, and measures time and CPU.

Independent of what is read.
"""

from __future__ import annotations

import select
import time
from array import array
from collections.abc import Iterable

from msgspec import Struct

from bench.load.connect import TIMEOUT_S
from bench.load.verify import VerificationFailed


class CommandTiming(Struct, frozen=True):
    """When an order was done (monotonic), how long it took, and what it cost this process.

    ``latencies_ms`` has one for each delivery if that was asked for.
    """

    finished_at: float
    seconds: float
    cpu_s: float
    latencies_ms: array[float]


class Stopwatch:
    """What passes while a block lasts."""

    def __enter__(self) -> Stopwatch:
        self._since, self._cpu_since = time.monotonic(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self._at, self._cpu = time.monotonic(), time.process_time()

    def timing(self, latencies_ms: array[float] | None = None) -> CommandTiming:
        """Return what passed."""
        return CommandTiming(
            finished_at=self._at,
            seconds=self._at - self._since,
            cpu_s=self._cpu - self._cpu_since,
            latencies_ms=array("d") if latencies_ms is None else latencies_ms,
        )


class ReadinessPoller:
    """Tells which of some sockets have something to read, while a block lasts."""

    def __init__(self, fds: Iterable[int]) -> None:
        self._fds = fds

    def __enter__(self) -> ReadinessPoller:
        self._epoll = select.epoll()
        for fd in self._fds:
            self._epoll.register(fd, select.EPOLLIN)
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()

    def wait(self, seconds: float) -> list[int]:
        """Wait so long at the most; returns none if nothing came."""
        return [fd for fd, _ in self._epoll.poll(seconds)]

    def wait_for_data(self, state: str) -> list[int]:
        """Wait until something comes.

        Raises:
            OutOfStep: nothing does; ``state`` says what was known then.
        """
        ready = self.wait(TIMEOUT_S)
        if not ready:
            raise VerificationFailed(f"nothing received for {TIMEOUT_S:.0f} s: {state}")
        return ready
