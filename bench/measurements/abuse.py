"""What one stranger can take: keys in Redis, connections, memory and CPU, each against a budget.

The budgets are those of docs/bench.md; a figure over its budget ends the run with exit code 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import shutil
import socket
import time
from collections.abc import AsyncIterator

import aiohttp

from bench.context import BenchContext, print_progress
from bench.load import frame_codec
from bench.load.connect import open_tcp
from bench.load.payloads import CHANNEL, request_body
from bench.load.verify import VerificationFailed
from bench.measurements.cluster import start_redis
from bench.servers.processes import Target
from bench.stats import Measurement
from protocol.opcodes import Opcode

SECTION = "one stranger's worst"
INVENTED_CHANNELS = 1000
CHANNELS_AT_A_TIME = 25
WEBSOCKETS = 50
"""Connections that the server allows while idle HTTP connections are held."""
IDLE_HTTP_CONNECTIONS = 500
GONE_WITHIN_S = 45.0
STALLED_CLIENTS = 40
STALLED_RECEIVE_BUFFER = 4096
QUEUES_BYTES = 8 << 20
QUEUES_CHECKED_WITHIN_S = 1.0
"""The server compares them with their limit twice a second."""
REPLAYED_MESSAGES = 1000
REPLAYS_PER_S = 50
REPLAY_BURST_S = 15.0
"""The replays of the first ten seconds are free."""
REPLAY_MEASURED_S = 30.0
REPLAY_CPU_PERCENT = 3.0


class Stranger:
    """A client that has not signed in."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)

    async def ask(self, kind: str, **payload: object) -> dict[str, object]:
        """Send a request; return the reply to it."""
        id = await self.send(kind, **payload)
        while (reply := await self._socket.receive_json()).get("id") != id:
            pass
        return dict(reply)

    async def send(self, kind: str, **payload: object) -> str:
        """Send a request; return its id."""
        id = f"r{next(self._ids)}"
        await self._socket.send_json({"type": kind, "payload": payload, "id": id})
        return id

    async def read_all(self) -> None:
        """Take everything that comes, and ignore it."""
        async for _ in self._socket:
            pass


@contextlib.asynccontextmanager
async def stranger(target: Target) -> AsyncIterator[Stranger]:
    """Connect a stranger while the block lasts."""
    url = f"http://127.0.0.1:{target.port}/ws"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        yield Stranger(socket)


async def publish(target: Target, http: aiohttp.ClientSession, body: bytes) -> int:
    """Publish a body; return how many connections it reached."""
    headers = {"Authorization": f"Bearer {target.publisher_token}"}
    url = f"http://127.0.0.1:{target.port}/api/publish"
    async with http.post(url, data=body, headers=headers) as response:
        return int((await response.json())["reached"])


async def metric(target: Target, name: str) -> float:
    """Read one metric of a server."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{target.port}/metrics") as response,
    ):
        found = re.search(rf"^{name} (\S+)$", await response.text(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def count_keys(redis_path: str) -> int:
    """Return how many keys a Redis has, asked over its Unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(redis_path)
        connection.sendall(b"DBSIZE\r\n")
        return int(connection.recv(64).decode().removeprefix(":"))


async def keys_of_invented_channels(target: Target, redis_path: str) -> float:
    """Subscribe recoverably to invented channels, and leave them; return the keys that stay."""
    async with stranger(target) as client:
        await client.ask("subscribe", channel="public:first", recoverable=True)
        before = count_keys(redis_path)
        names = [f"public:invented{number}" for number in range(INVENTED_CHANNELS)]
        for start in range(0, len(names), CHANNELS_AT_A_TIME):
            for name in names[start : start + CHANNELS_AT_A_TIME]:
                reply = await client.ask("subscribe", channel=name, recoverable=True)
                if reply["type"] != "subscribed":
                    raise VerificationFailed(f"an invented channel is refused: {reply}")
            for name in names[start : start + CHANNELS_AT_A_TIME]:
                await client.send("unsubscribe", channel=name)
        return count_keys(redis_path) - before


async def websockets_refused_beside_idle_http(target: Target) -> float:
    """Hold idle HTTP connections; return how many of the allowed WebSockets are refused."""
    idle = [open_tcp(target.port) for _ in range(IDLE_HTTP_CONNECTIONS)]
    with contextlib.ExitStack() as stack:
        for connection in idle:
            stack.callback(connection.close)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for connection in idle:
            connection.recv(4096)
        async with contextlib.AsyncExitStack() as sockets:
            refused = 0
            for _ in range(WEBSOCKETS):
                try:
                    await sockets.enter_async_context(stranger(target))
                except (aiohttp.ClientError, OSError):
                    refused += 1
            return refused


def open_stalled(target: Target) -> socket.socket:
    """Return a client that subscribes to the channel and reads nothing more."""
    connection = open_tcp(target.port)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_RECEIVE_BUFFER)
    payload = json.dumps({"type": "subscribe", "payload": {"channel": CHANNEL}}).encode()
    connection.sendall(
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += connection.recv(1)
    connection.sendall(frame_codec.encode_frame(Opcode.TEXT, payload, masked=True))
    while b"subscribed" not in data:
        data += connection.recv(1)
    return connection


async def seconds_until_stalled_is_closed(target: Target) -> float:
    """Let a client take nothing; return how long the server keeps it."""
    connection = open_stalled(target)
    async with aiohttp.ClientSession() as http:
        started, number = time.monotonic(), 1
        while not await metric(target, "shop_ws_outbox_bytes"):
            await publish(target, http, request_body(number, 500, 0))
            number += 500
        # Little waits for it: only the timeout can close it.
        while not await metric(target, "shop_ws_evictions_total"):
            if time.monotonic() - started > 2 * GONE_WITHIN_S:
                break
            await asyncio.sleep(0.2)
    connection.close()
    return time.monotonic() - started


async def most_queued_bytes(target: Target) -> float:
    """Let many clients take nothing; return the most that waited for them, as it was seen."""
    most, number = 0.0, 1
    with contextlib.ExitStack() as stack:
        for _ in range(STALLED_CLIENTS):
            stack.callback(open_stalled(target).close)
        async with aiohttp.ClientSession() as http:
            while await metric(target, "shop_ws_evictions_total") < STALLED_CLIENTS / 2:
                await publish(target, http, request_body(number, 500, 0))
                number += 500
                await asyncio.sleep(QUEUES_CHECKED_WITHIN_S)
                most = max(most, await metric(target, "shop_ws_outbox_bytes"))
    return most


async def cpu_percent_of_repeated_replays(target: Target) -> float:
    """Have a history replayed again and again; return the server's CPU, in % of a core."""
    async with aiohttp.ClientSession() as http, stranger(target) as client:
        reply = await client.ask("subscribe", channel=CHANNEL, recoverable=True)
        position = reply["payload"]
        if not isinstance(position, dict):
            raise VerificationFailed("a recoverable subscription has no position")
        since = {"epoch": position["epoch"], "offset": position["offset"]}
        await publish(target, http, request_body(1, REPLAYED_MESSAGES, 0))
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(client.read_all())
            await _replay(client, since, REPLAY_BURST_S)
            before, started = await metric(target, "process_cpu_seconds_total"), time.monotonic()
            await _replay(client, since, REPLAY_MEASURED_S)
            cpu_s = await metric(target, "process_cpu_seconds_total") - before
            seconds = time.monotonic() - started
            reading.cancel()
    return 100 * cpu_s / seconds


async def _replay(client: Stranger, since: dict[str, object], seconds: float) -> None:
    started = time.monotonic()
    for number in range(int(seconds * REPLAYS_PER_S)):
        await client.send("subscribe", channel=CHANNEL, recoverable=True, since=since)
        await asyncio.sleep(max(0.0, started + number / REPLAYS_PER_S - time.monotonic()))


def run(context: BenchContext) -> list[Measurement]:
    """Let one stranger do the worst, and compare with the budgets."""
    figures: list[tuple[str, str, float, float]] = []

    def add(name: str, unit: str, figure: float, budget: float) -> None:
        print_progress(f"abuse: {name}: {figure:.3g} {unit} of {budget:.3g}")
        figures.append((name, unit, figure, budget))

    binary = shutil.which("redis-server")
    if binary is None:
        print_progress("redis-server is not on the PATH: skipping the keys in Redis")
    else:
        with (
            start_redis(binary, context.cores.server) as url,
            context.start_server(
                WORKBENCH_REDIS_URL=url, WORKBENCH_MESSAGES_PER_SECOND="1000000"
            ) as target,
        ):
            path = url.removeprefix("unix://")
            keys = asyncio.run(keys_of_invented_channels(target, path))
            add(f"keys that {INVENTED_CHANNELS:,} invented channels leave", "", keys, 0)
    with context.start_server(WORKBENCH_CONNECTIONS=str(WEBSOCKETS)) as target:
        refused = asyncio.run(websockets_refused_beside_idle_http(target))
        name = f"WebSockets refused beside {IDLE_HTTP_CONNECTIONS} idle HTTP connections"
        add(name, "", refused, 0)
    with context.start_server(WORKBENCH_PROBE_LIFETIME_S="0") as target:
        seconds = asyncio.run(seconds_until_stalled_is_closed(target))
        add("until a client that takes nothing is closed", "s", seconds, GONE_WITHIN_S)
    limits = {"WORKBENCH_PROBE_LIFETIME_S": "0", "WORKBENCH_SEND_QUEUES_BYTES": f"{QUEUES_BYTES}"}
    with context.start_server(**limits) as target:
        queued = asyncio.run(most_queued_bytes(target))
        name = f"queued for {STALLED_CLIENTS} of them, a second after each burst"
        add(name, "MiB", queued / (1 << 20), QUEUES_BYTES / (1 << 20))
    with context.start_server(WORKBENCH_PROBE_LIFETIME_S="0") as target:
        cpu = asyncio.run(cpu_percent_of_repeated_replays(target))
        name = f"{REPLAYED_MESSAGES:,} messages replayed {REPLAYS_PER_S} times a second: CPU"
        add(name, "%", cpu, REPLAY_CPU_PERCENT)
    over = [name for name, _, figure, budget in figures if figure > budget]
    if over:
        raise VerificationFailed(f"over its budget: {'; '.join(over)}")
    return [
        Measurement(section=SECTION, name=name, unit=unit, ours=[figure])
        for name, unit, figure, _ in figures
    ]
