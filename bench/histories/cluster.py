"""The cluster that the nemesis breaks: servers and a Redis, as processes that start again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from bench.servers.processes import ProcessDidNotStart, Target

START_TIMEOUT_S = 20.0


class Node:
    """A server that can be killed and started again, on another port."""

    def __init__(self, start: Callable[[], AbstractContextManager[Target]]) -> None:
        self._start = start
        self._process = ExitStack()
        self.target = self._process.enter_context(start())

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, such as SIGSTOP."""
        os.kill(self.target.pid, number)

    def start_again(self) -> None:
        """Start it after it was killed; waits until it listens."""
        self._process.close()
        self.target = self._process.enter_context(self._start())

    def close(self) -> None:
        """Stop it."""
        self._process.close()


class Redis:
    """A ``redis-server`` that writes everything to its disk before it answers."""

    def __init__(self, binary: str, folder: Path, cores: frozenset[int]) -> None:
        self._binary, self._folder, self._cores = binary, folder, cores
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"
        self.start()

    def start(self) -> None:
        """Start it, with the data of before; waits until it answers.

        Raises:
            ProcessDidNotStart: it ended, or does not answer.
        """
        place = ("--port", "0", "--unixsocket", str(self._socket), "--dir", str(self._folder))
        keeping = ("--save", "", "--appendonly", "yes", "--appendfsync", "always")
        self._process = subprocess.Popen(  # noqa: S603 - found on the PATH, with options of our own
            [self._binary, *place, *keeping], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        os.sched_setaffinity(self._process.pid, self._cores)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop(signal.SIGKILL)
                raise ProcessDidNotStart("redis-server did not start")
            time.sleep(0.01)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, such as SIGSTOP."""
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it with this signal."""
        self._process.send_signal(number)
        self._process.wait()

    def lose_data(self) -> None:
        """Remove its data, once it is stopped."""
        for path in self._folder.glob("appendonlydir*"):
            shutil.rmtree(path)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False
