"""Waits for readable sockets with a timeout, and measures time and CPU."""

from __future__ import annotations

import select
import time
from array import array
from collections.abc import Iterable

from msgspec import Struct

from bench.load.connect import TIMEOUT_S
from bench.load.verify import VerificationFailed


class CommandTiming(Struct, frozen=True):
    """When a command finished (monotonic), its duration, and the CPU time of this process.

    ``latencies_ms`` has one value for each delivery, if the command is timed.
    """

    finished_at: float
    seconds: float
    cpu_s: float
    latencies_ms: array[float]


class Stopwatch:
    """Measures the time and CPU of a block."""

    def __enter__(self) -> Stopwatch:
        self._since, self._cpu_since = time.monotonic(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self._at, self._cpu = time.monotonic(), time.process_time()

    def timing(self, latencies_ms: array[float] | None = None) -> CommandTiming:
        """Return the measured time and CPU."""
        return CommandTiming(
            finished_at=self._at,
            seconds=self._at - self._since,
            cpu_s=self._cpu - self._cpu_since,
            latencies_ms=array("d") if latencies_ms is None else latencies_ms,
        )


class ReadinessPoller:
    """Reports readable sockets, while a block lasts."""

    def __init__(self, fds: Iterable[int]) -> None:
        self._fds = fds

    def __enter__(self) -> ReadinessPoller:
        self._epoll = select.epoll()
        for fd in self._fds:
            self._epoll.register(fd, select.EPOLLIN)
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()

    def wait(self, timeout_s: float) -> list[int]:
        """Wait for readable sockets; empty on timeout."""
        return [fd for fd, _ in self._epoll.poll(timeout_s)]

    def wait_for_data(self, state: str) -> list[int]:
        """Wait until there is data.

        Raises:
            VerificationFailed: timeout; ``state`` is part of the message.
        """
        ready = self.wait(TIMEOUT_S)
        if not ready:
            raise VerificationFailed(f"nothing received for {TIMEOUT_S:.0f} s: {state}")
        return ready
