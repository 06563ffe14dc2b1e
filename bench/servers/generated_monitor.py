"""``python -m bench.servers.generated_monitor``: a server that only reports generated traffic.

It speaks as much of the protocol as the workbench's feed needs, so that the pages are measured
without the cost of the server and the simulator.  ``POST /rate/{number}`` sets the messages per
second, ``GET /counts`` has those reported so far, by kind of channel.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from typing import Any

import msgspec
from aiohttp import ClientConnectionResetError, web

from bench.load import monitor_reports
from bench.load.monitor_reports import ReportGenerator
from protocol.codec import format_timestamp

INTERVAL_S = 0.25
REPORTS_PER_STATS = 4


class GeneratedMonitor:
    """Answers the workbench, and reports to it."""

    def __init__(self) -> None:
        self._messages_per_second = 0
        self._counts: Counter[str] = Counter()

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Sign everybody in, accept every subscription, and report until the client leaves."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await _send(socket, "auth_success", {"user_id": "workbench"})
        reporting = asyncio.create_task(self._report(socket))
        try:
            async for frame in socket:
                await _reply(socket, msgspec.json.decode(frame.data))
        except ClientConnectionResetError:
            pass  # the client left before the reply
        finally:
            reporting.cancel()
        return socket

    async def handle_connections(self, _: web.Request) -> web.Response:
        """List who is connected."""
        listed = msgspec.json.encode(monitor_reports.connections(time.time()))
        return web.Response(body=listed, content_type="application/json")

    async def handle_rate(self, request: web.Request) -> web.Response:
        """Set the messages per second."""
        self._messages_per_second = int(request.match_info["number"])
        return web.Response()

    async def handle_counts(self, _: web.Request) -> web.Response:
        """Return how many messages were reported, by kind of channel."""
        return web.json_response(self._counts)

    async def _report(self, socket: web.WebSocketResponse) -> None:
        generator, number, due = ReportGenerator(), 0, time.monotonic()
        while True:
            due += INTERVAL_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            number += 1
            rate = self._messages_per_second
            traffic = generator.traffic(rate, INTERVAL_S, time.time())
            await _send(socket, "traffic", traffic)
            for kind, totals in traffic.kinds.items():
                self._counts[kind] += totals.messages
            if number % REPORTS_PER_STATS == 0:
                await _send(socket, "stats", monitor_reports.stats())


async def _reply(socket: web.WebSocketResponse, request: dict[str, Any]) -> None:
    id = {"id": request["id"]} if "id" in request else {}
    if request["type"] == "ping":
        await _send(socket, "pong", {}, **id)
    elif request["type"] == "subscribe":
        await _send(socket, "subscribed", {"channel": request["payload"]["channel"]}, **id)


async def _send(socket: web.WebSocketResponse, type_: str, payload: Any, **more: Any) -> None:
    message = {"type": type_, "payload": payload, "timestamp": format_timestamp(time.time())}
    await socket.send_str(msgspec.json.encode(message | more).decode())


async def _serve() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    monitor, app = GeneratedMonitor(), web.Application()
    app.router.add_get("/ws", monitor.handle_websocket)
    app.router.add_get("/api/connections", monitor.handle_connections)
    app.router.add_get("/counts", monitor.handle_counts)
    app.router.add_post("/rate/{number}", monitor.handle_rate)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"monitor: listening on http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())
