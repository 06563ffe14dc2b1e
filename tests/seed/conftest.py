"""The TypeScript client, compiled once, and run under Node in a process for each client."""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import threading
import urllib.request
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TSC = HERE / "node_modules" / "typescript" / "bin" / "tsc"
INSTALLED = HERE / "node_modules" / ".package-lock.json"
TIMEOUT_S = 60


class TypeScriptClient:
    """A `ShopWebSocket` in a Node process; its methods are the client's own."""

    def __init__(self, node, compiled, options=None, **environment):
        arguments = [node, HERE / "driver.mjs", compiled]
        if options is not None:
            arguments.append(json.dumps(options))
        self._process = subprocess.Popen(
            arguments,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._response_decoder, self._received, self._log = (
            queue.Queue(),
            queue.Queue(),
            queue.Queue(),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            report = json.loads(line)
            if "done" in report:
                self._response_decoder.put(report)
            elif "handler" in report:
                self._received.put((report["handler"], report.get("received")))
            else:
                self._log.put(report["log"])
        for reports in (self._response_decoder, self._received, self._log):
            reports.put(None)

    def _next(self, reports):
        report = reports.get(timeout=TIMEOUT_S)
        assert report is not None, f"Node ended with {self._process.wait(TIMEOUT_S)}"
        return report

    def _do(self, *command):
        """Run a command and wait for its end."""
        given = [argument for argument in command if argument is not None]
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        report = self._next(self._response_decoder)
        assert report["done"] == command[0]
        assert report["error"] is None, report["error"]

    def connect(self):
        self._do("connect")

    def disconnect(self):
        self._do("disconnect")

    def send(self, type_, payload, id_=None):
        self._do("send", type_, payload, id_)

    def subscribe(self, channel):
        self._do("subscribe", channel)

    def unsubscribe(self, channel):
        self._do("unsubscribe", channel)

    def on(self, type_, handler=None):
        """Add a handler; it has the name of the type unless another is given."""
        self._do("on", type_, handler or type_)

    def off(self, type_, handler=None):
        """Remove the handler with this name, or all of the type."""
        self._do("off", type_, handler)

    def remove(self, handler):
        """Call the function that `on` returned for the handler with this name."""
        self._do("remove", handler)

    def next(self, handler):
        """Wait for the next call of any handler, which must be this one; return its argument."""
        name, argument = self._next(self._received)
        assert name == handler, f"{name} received {argument}"
        return argument

    def wait_for_log(self, text):
        """Wait for a line on the console that begins with the text; return those before it."""
        before = []
        while not (line := self._next(self._log)).startswith(text):
            before.append(line)
        return before

    def has_logged_nothing_more(self):
        return self._log.empty()

    def close(self):
        """End the process, which ends with its stdin."""
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            self._process.stdin.close()
        try:
            self._process.wait(TIMEOUT_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            self._process.stdout.close()


def url_of(server):
    return f"ws://127.0.0.1:{server.port}/ws"


def unavailable(reason):
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(scope="module")
def node():
    """Find Node, and see that the packages are installed."""
    found = shutil.which("node")
    if found is None:
        unavailable("no node on this machine: apt install nodejs npm")
    if not INSTALLED.exists():
        unavailable("the packages of tests/seed are not installed: `make test` does it")
    return found


@pytest.fixture(scope="module")
def compiled(node, tmp_path_factory):
    """Compile the client; returns the path of the JavaScript file."""
    folder = tmp_path_factory.mktemp("typescript")
    run = subprocess.run(
        [node, TSC, "--project", HERE, "--noEmit", "false", "--outDir", folder],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "websocket.js"


@pytest.fixture(scope="module")
def server(compiled, launching, tmp_path_factory):
    """Start a server for all tests that do not stop it."""
    with launching(tmp_path_factory.mktemp("server")) as start:
        yield start.server()


@pytest.fixture
def run_client(node, compiled):
    """Run clients, each in a Node process that ends with the test."""
    clients = []

    def run(options=None, **environment):
        clients.append(TypeScriptClient(node, compiled, options, **environment))
        return clients[-1]

    yield run
    for client in clients:
        client.close()


@pytest.fixture
def open_client(run_client):
    """Make clients of a server: open_client(server, token=..., reconnect=...).

    They do not reconnect by default, so that a test does not miss a lost connection.
    """

    def start(server, **options):
        return run_client({"url": url_of(server), "reconnect": False} | options)

    return start


@pytest.fixture
def open_singleton(run_client):
    """Make the client of `getWebSocket(token)`, which reads the address from the environment."""

    def start(server, token):
        return run_client(NEXT_PUBLIC_WS_URL=url_of(server), TOKEN=token)

    return start


@pytest.fixture
def sign_in(open_client, token):
    """Open a client and wait until it is connected and signed in."""

    def start(server, user_id, role="customer", **options):
        client = open_client(server, token=token(user_id, role), **options)
        client.on("auth_success")
        client.connect()
        assert client.next("auth_success")["user_id"] == user_id
        return client

    return start


@pytest.fixture
def publish(token):
    """Publish as a service: publish(server, type, payload, channel=...)."""

    def post(server, type_, payload, **address):
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/api/publish",
            json.dumps({"type": type_, "payload": payload, **address}).encode(),
            {"Authorization": f"Bearer {token('svc', 'service', tenants='*')}"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return json.load(answer)

    return post


@pytest.fixture
def place_order(publish):
    """Record an order as a customer's, which lets its owner subscribe to its channel."""

    def place(server, order_id, user_id):
        order = {
            "id": order_id,
            "number": "ORD-001",
            "total": 1500.00,
            "currency": "UAH",
            "status": "pending",
            "customer": {"id": user_id, "name": user_id},
            "items": [],
            "created_at": "2024-01-15T10:30:00Z",
        }
        publish(server, "new_order", {"order": order}, channel="tenant:shop")
        return order

    return place
