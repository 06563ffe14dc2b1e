"""Starts what is measured as processes: our programs and the plain server."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from bench.machine import ResourceUsage, process_tree_usage
from client.tokens import mint

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
SERVER, SIMULATOR, DASHBOARD = "server", "simulator", "dashboard"
PLAIN_SERVER = "bench.servers.plain_aiohttp"
GENERATED_MONITOR = "bench.servers.generated_monitor"
LISTENING = r"(?P<url>http://127\.0\.0\.1:(?P<port>\d+)[^\s,]*)[\s,]"


class Target(Struct, frozen=True):
    """A running program: its port and process, and a token that may publish, if it has tokens.

    ``url`` is the address that it printed; that of the workbench signs a browser in.
    """

    name: str
    url: str
    port: int
    pid: int
    publisher_token: str

    @property
    def connection_group(self) -> str:
        """Name of the load's group of connections to it."""
        return f"{self.name} {self.port}"

    def usage(self) -> ResourceUsage:
        """Read its resource usage so far, child processes included."""
        return process_tree_usage(self.pid)


class ProcessDidNotStart(Exception):
    """A process exited or timed out before it listened."""


@contextlib.contextmanager
def start_process(
    name: str, cores: frozenset[int], secret: str, **environment: str
) -> Iterator[Target]:
    """Start ``python -m name`` on these cores, with an empty data folder; it ends with the block.

    Raises:
        ProcessDidNotStart: with its output.
    """
    ours = {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "WORKBENCH_PORT": "0",
        "WORKBENCH_JWT_SECRET": secret,
        "WORKBENCH_DATA_DIR": "data",
    }
    publisher = mint(secret, user_id="bench", tenant_id="bench", role="service", tenants="*")
    with start_command(
        name, [sys.executable, "-m", name], cores, LISTENING, **(ours | environment)
    ) as target:
        yield replace(target, publisher_token=publisher)


@contextlib.contextmanager
def start_command(
    name: str, command: Sequence[str], cores: frozenset[int], listening: str, **environment: str
) -> Iterator[Target]:
    """Start a program on these cores, in an empty folder; it ends with the block.

    ``listening`` is a pattern of what it prints when it listens, with a group ``port`` and, where
    the path matters, ``url``.

    Raises:
        ProcessDidNotStart: with its output.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("WORKBENCH_")}
        output_file = Path(folder) / "output"
        with output_file.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - commands of our own
                command,
                cwd=folder,  # where there is no .env
                env=clean | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is handled here
            )
        try:
            os.sched_setaffinity(process.pid, cores)
            found = _wait_for(listening, process, output_file)
            port = int(found["port"])
            url = found.groupdict().get("url", f"http://127.0.0.1:{port}")
            yield Target(name, url, port, process.pid, "")
        finally:
            _stop_process(process)


def _wait_for(listening: str, process: subprocess.Popen[bytes], output_file: Path) -> re.Match[str]:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if found := re.search(listening, output_file.read_text()):
            return found
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise ProcessDidNotStart(output_file.read_text() or "it printed nothing")


def _stop_process(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
