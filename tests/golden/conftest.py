"""Golden files: everything that users, other programs, older nodes and stored data depend on.

Each test compares what the code produces now with a file in `files/`. A difference is either a
mistake or a change of a public interface. If it is intended, run
`pytest tests/golden --update-golden` and review the diff.

Values that differ from run to run are normalized: digits of times become zeros, ids get numbers.
"""

import asyncio
import difflib
import io
import json
import re
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType
from prometheus_client.parser import text_string_to_metric_families

FILES = Path(__file__).parent / "files"
TIMEOUT_S = 20
NEXT_CENTURY = 4102444800
LONGEST_SHOWN = 2000  # characters of a request's body
IGNORED_HEADERS = {"date", "server", "content-length", "content-encoding", "vary"}
NOW = re.compile(r"\b20(?!24)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")  # the examples are of 2024
ID = re.compile(r"\b(c|conv|msg)_[0-9a-f]{12,16}\b")
EPOCH = re.compile(r'("epoch":")[0-9a-f]{8}(-[0-9]+)?"')


@pytest.fixture
def golden(request):
    """Compare a text with a golden file, or rewrite the file: golden("name.txt", text)."""

    def compare(name, text):
        file = FILES / name
        if request.config.getoption("update_golden"):
            file.write_bytes(text.encode())
        # As bytes: read as text, a line's end in a CSV would be another one.
        expected = file.read_bytes().decode() if file.exists() else ""
        if text != expected:
            lines = expected.splitlines(), text.splitlines()
            diff = difflib.unified_diff(*lines, f"files/{name}", "actual", n=1, lineterm="")
            pytest.fail("\n".join(diff), pytrace=False)

    return compare


class Normalizer:
    """Replaces what differs from run to run; the same id always gets the same number.

    A test may append to `rules`: pairs of a pattern and its replacement.
    """

    def __init__(self):
        self.rules = [(EPOCH, r'\1<epoch>"')]
        self._ids = {}

    def __call__(self, text):
        text = NOW.sub(_zeros, text)
        for pattern, replacement in self.rules:
            text = re.sub(pattern, replacement, text)
        return ID.sub(self._number, text)

    def _number(self, match):
        return self._ids.setdefault(match[0], f"<{match[1]}_{len(self._ids) + 1}>")


def _zeros(match):
    """Write a time in zeros; msgspec leaves out a fraction of zero, once in so many runs."""
    return "0000-00-00T00:00:00" + re.sub(r"\d", "0", match[1] or ".000000")


@pytest.fixture
def normalize():
    return Normalizer()


class Socket:
    """A WebSocket that records what it sends and receives, as `name`."""

    def __init__(self, name, socket, record):
        self._name, self._socket, self._record = name, socket, record

    async def send(self, message, shown_as=""):
        """Send a message; record `shown_as` instead of one that differs from run to run."""
        raw = message if isinstance(message, str) else compact(message)
        self._record(f"{self._name} > {f'({shown_as})' if shown_as else raw}")
        await self._socket.send_str(raw)

    async def send_frame(self, data, opcode, shown_as):
        self._record(f"{self._name} > ({shown_as})")
        await self._socket.send_frame(data, opcode)

    async def send_many(self, message, number):
        self._record(f"{self._name} > {number} times {message}")
        for _ in range(number):
            await self._socket.send_str(message)

    async def receive(self, wanted=lambda message: True, replace=lambda raw: raw):
        """Record and return the next message that is wanted; None if the connection is closed.

        Other messages are skipped. `replace` normalizes what is special to one message.
        """
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                frame = await self._socket.receive()
                if frame.type is not WSMsgType.TEXT:
                    self._record(f"{self._name} x {self._socket.close_code} {frame.extra or ''}")
                    return None
                message = json.loads(frame.data)
                if wanted(message):
                    self._record(f"{self._name} < {replace(frame.data)}")
                    return message

    async def request(self, message, shown_as="", **options):
        """Send a message and receive the next one."""
        await self.send(message, shown_as)
        return await self.receive(**options)

    async def close(self):
        await self._socket.close()


class Client:
    """Talks to a program over HTTP and WebSockets, and writes a transcript."""

    def __init__(self, program, http, stack, make_token, normalize):
        self.program, self.port = program, program.port
        self.http, self._stack = http, stack
        self._make_token, self._normalize = make_token, normalize
        self._lines = []

    @property
    def transcript(self):
        return "\n".join(self._lines).lstrip() + "\n"

    def clear(self):
        """Empty the transcript."""
        self._lines.clear()

    @contextmanager
    def unrecorded(self):
        """Leave out of the transcript what the block adds to it."""
        lines = list(self._lines)
        yield
        self._lines[:] = lines

    def section(self, title):
        """Start a section of the transcript."""
        self._lines += ["", f"# {title}"]

    def record(self, line):
        """Add a line to the transcript."""
        self._lines.append(self._normalize(line))

    def token(self, user_id, role="customer", **claims):
        """Make a token whose end, which the server repeats, is always the same."""
        if role == "service":
            claims = {"tenants": "*", **claims}
        return self._make_token(user_id, role, **{"exp": NEXT_CENTURY, **claims})

    async def request(self, method, path, who="", body=None, headers=None, replace=str):
        """Send an HTTP request as `who` ("boss admin", or a token); return the response's body.

        `replace` normalizes what is special to one body; with None the body is not recorded.
        """
        is_token = who.count(".") == 2
        sent = {**(headers or {})}
        if who:
            sent["Authorization"] = f"Bearer {who if is_token else self.token(*who.split())}"
        data = body if isinstance(body, str) else "" if body is None else compact(body)
        # A file, because aiohttp warns of big bodies that are not.
        options = {"data": io.BytesIO(data.encode()) if data else None, "headers": sent}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with (
            asyncio.timeout(TIMEOUT_S),
            self.http.request(method, url, **options) as response,
        ):
            text = await response.text()
        self.record(f"\n{method} {path} {'with a token' if is_token else f'as {who or None}'}")
        self._lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if data:
            self.record(data if len(data) < LONGEST_SHOWN else f"({len(data)} characters)")
        self.record(f"-> {response.status}")
        for name, value in response.headers.items():
            if name.lower() not in IGNORED_HEADERS:
                self.record(f"{name}: {value}")
        if replace is not None and (shown := replace(text)):
            self.record(shown)
        return json.loads(text) if response.content_type == "application/json" else text

    async def connect(self, name, token=""):
        """Open a WebSocket that the transcript calls `name`."""
        query = f"?token={token}" if token else ""
        socket = await self.http.ws_connect(f"http://127.0.0.1:{self.port}/ws{query}")
        self._stack.push_async_callback(socket.close)
        return Socket(name, socket, self.record)

    async def sign_in(self, user_id, role="customer", **claims):
        """Open a WebSocket as a user, and wait until it is signed in."""
        socket = await self.connect(user_id, self.token(user_id, role, **claims))
        await socket.receive()
        return socket


@pytest.fixture
async def client_of(token, normalize):
    """Make a client of a program: client_of(program)."""
    async with AsyncExitStack() as stack:

        async def make(program):
            cookies = aiohttp.CookieJar(unsafe=True)  # from an IP address too
            http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=cookies))
            return Client(program, http, stack, token, normalize)

        yield make


@pytest.fixture
def start_server(launch, client_of):
    """Start a server with these settings, as the node `node-1`; return a client of it."""

    async def start(**settings):
        variables = {f"WORKBENCH_{name.upper()}": str(value) for name, value in settings.items()}
        program = await asyncio.to_thread(launch.server, WORKBENCH_NODE="node-1", **variables)
        return await client_of(program)

    return start


def compact(value):
    """Write JSON as the programs do."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.fixture
def order():
    """Make an order: order("ord_2", "taras")."""

    def make(id="ord_1", user_id="olena", **changes):
        item = {"product_id": "prod_1", "name": "Чайник", "quantity": 2, "price": 10.25}
        return {
            "id": id,
            "number": "ORD-1",
            "total": 20.5,
            "currency": "UAH",
            "status": "pending",
            "customer": {"id": user_id, "name": user_id.title()},
            "items": [item],
            "created_at": "2024-01-15T10:30:00Z",
            **changes,
        }

    return make


@pytest.fixture
def new_order(order):
    """Make a publication that places an order: new_order("ord_2", "taras")."""

    def make(id="ord_1", user_id="olena", tenant_id="shop"):
        payload = {"order": order(id, user_id)}
        return {"channel": f"tenant:{tenant_id}", "type": "new_order", "payload": payload}

    return make


@pytest.fixture
def notification():
    """Make a publication of a notification: notification(channel="public:news")."""

    def make(id="n_1", **address):
        payload = {"id": id, "title": "Увага", "body": "Знижки"}
        return {**address, "type": "notification", "payload": payload}

    return make


@pytest.fixture
def list_metrics():
    """List the metrics in a Prometheus exposition: type, samples, labels; without values."""

    def list_(exposition):
        lines = {}
        for family in text_string_to_metric_families(exposition):
            if family.name.startswith("process_"):  # these depend on the operating system
                continue
            lines[f"{family.name}: {family.type}"] = []
            for sample in family.samples:
                edges = [sample.labels.pop("le")] if "le" in sample.labels else []
                labels = [f"{name}={value}" for name, value in sample.labels.items()]
                lines.setdefault("    " + " ".join([sample.name, *labels]), []).extend(edges)
        return "".join(f"{line} {' '.join(edges)}".rstrip() + "\n" for line, edges in lines.items())

    return list_
