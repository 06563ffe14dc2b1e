"""``python -m bench.servers.plain_aiohttp``: a plain aiohttp server, for comparison.

A set of subscribers per channel, and ``await ws.send_str(text)`` for each.  It has no tokens,
limits or history, so it shows the minimum cost of this approach.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import uvloop
from aiohttp import ClientConnectionResetError, web

Subscribers = defaultdict[str, set[web.WebSocketResponse]]
SUBSCRIBERS: web.AppKey[Subscribers] = web.AppKey("subscribers")


def _encode_message(type_: str, payload: Any = None) -> str:
    message = {"type": type_} if payload is None else {"type": type_, "payload": payload}
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    return json.dumps(message | {"timestamp": stamp}, separators=(",", ":"))


async def _handle_websocket(request: web.Request) -> web.WebSocketResponse:
    subscribers, channels = request.app[SUBSCRIBERS], set[str]()
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    try:
        async for frame in socket:
            message = json.loads(frame.data)
            if message["type"] == "ping":
                await socket.send_str(_encode_message("pong"))
            else:
                channel = message["payload"]["channel"]
                channels.add(channel)
                subscribers[channel].add(socket)
                await socket.send_str(_encode_message("subscribed", {"channel": channel}))
    except ClientConnectionResetError:
        pass  # the client left before the reply
    finally:
        for channel in channels:
            subscribers[channel].discard(socket)
    return socket


async def _handle_publish(request: web.Request) -> web.Response:
    body = await request.json()
    publications = body if isinstance(body, list) else [body]
    reached = 0
    for publication in publications:
        text = _encode_message(publication["type"], publication["payload"])
        for socket in list(request.app[SUBSCRIBERS][publication["channel"]]):
            await socket.send_str(text)
            reached += 1
    return web.json_response({"accepted": len(publications), "reached": reached})


async def _serve() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    app = web.Application(client_max_size=1 << 20)
    app[SUBSCRIBERS] = Subscribers(set)
    app.router.add_get("/ws", _handle_websocket)
    app.router.add_post("/api/publish", _handle_publish)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    sys.stdout.write(f"plain: listening on http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_serve())
