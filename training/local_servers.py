"""A server and a simulator of one's own, on free ports and with a data folder that is deleted."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from training.environment import Environment

ROOT = Path(__file__).parents[1]
TENANT = "shop"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0


class ServerDidNotStart(Exception):
    """A program ended or did not listen in time; the message is its output."""


@contextmanager
def local_environment(rate: float) -> Iterator[Environment]:
    """Start both programs; they end with the block.

    Raises:
        ServerDidNotStart: one of them did not start.
    """
    secret = secrets.token_hex(32)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="training-"))
        variables = {
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "WORKBENCH_PORT": "0",
            "WORKBENCH_SIMULATOR_PORT": "0",
            "WORKBENCH_TENANT": TENANT,
            "WORKBENCH_RATE": f"{rate:g}",
            "WORKBENCH_JWT_SECRET": secret,
            "WORKBENCH_DATA_DIR": folder,
        }
        listening = r"listening on (http://127\.0\.0\.1:\d+)"
        server_url = stack.enter_context(_program("server", listening, folder, variables))
        variables["WORKBENCH_SERVER_URL"] = server_url
        control_api = r"control API on (http://127\.0\.0\.1:\d+)"
        simulator_url = stack.enter_context(_program("simulator", control_api, folder, variables))
        yield Environment(
            server_url, f"ws{server_url.removeprefix('http')}/ws", simulator_url, secret, TENANT
        )


@contextmanager
def _program(name: str, pattern: str, folder: str, variables: dict[str, str]) -> Iterator[str]:
    """Start ``python -m name``; yields the address that it prints."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WORKBENCH_")}
    process = subprocess.Popen(  # noqa: S603 - programs of this project
        [sys.executable, "-m", name],
        cwd=folder,  # where there is no .env
        env=clean | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = _Output(process)
    try:
        yield output.wait_for(pattern)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        output.close()


class _Output:
    """What a program prints, read on a thread of its own so that the program never waits."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._has_ended = False
        self._thread = threading.Thread(target=self._read, name="program-output", daemon=True)
        self._thread.start()

    def wait_for(self, pattern: str) -> str:
        """Return the first group of the first match.

        Raises:
            ServerDidNotStart: the program ended before, or the time is over.
        """

        def found() -> re.Match[str] | None:
            return re.search(pattern, "".join(self._lines))

        with self._changed:
            self._changed.wait_for(lambda: found() or self._has_ended, START_TIMEOUT_S)
            match = found()
            if match is None:
                raise ServerDidNotStart("".join(self._lines) or "it printed nothing")
            return match[1]

    def close(self) -> None:
        """Wait for the end of the output."""
        self._thread.join(STOP_TIMEOUT_S)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        with self._process.stdout as stdout:
            for line in stdout:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()
