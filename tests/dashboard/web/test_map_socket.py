"""The map's socket: who may open it, and when it ends."""

import asyncio
import gc
import json
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette

from dashboard.dependencies import Dependencies, install
from dashboard.sources.connections_client import PollResult
from dashboard.web.map_socket import MAP_ROUTE, MapToken


class NoConnections:
    def latest(self):
        return PollResult()


@pytest.fixture(autouse=True)
def workbench(busy_feed):
    with install(Dependencies(feed=busy_feed, connections_client=NoConnections())):
        yield busy_feed


@asynccontextmanager
async def opened(path):
    """Open a socket as the web server would; yields the browser's ends of it."""
    to_app, from_app = asyncio.Queue(), asyncio.Queue()
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "ws",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
        "state": {},
    }
    to_app.put_nowait({"type": "websocket.connect"})
    app = Starlette(routes=[MAP_ROUTE])
    running = asyncio.create_task(app(scope, to_app.get, from_app.put))
    yield to_app, from_app, running
    to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(running, 10)


async def test_a_page_with_its_token_is_sent_frames():
    token = MapToken()
    async with opened(token.url_path) as (_, sent, _running):
        assert (await sent.get())["type"] == "websocket.accept"
        assert json.loads((await sent.get())["text"])["v"] == 1


@pytest.mark.parametrize("text", ["wrong", ""])
async def test_a_wrong_token_cannot_open_it(text):
    async with opened(f"/map/frames/{text}") as (_, sent, _running):
        assert (await sent.get())["type"] == "websocket.close"


async def test_it_ends_when_the_tab_is_closed():
    token = MapToken()
    async with opened(token.url_path) as (_, sent, _running):
        assert (await sent.get())["type"] == "websocket.accept"
        del token
        gc.collect()
        while (await asyncio.wait_for(sent.get(), 10))["type"] != "websocket.close":
            pass


async def test_it_ends_when_the_page_is_left():
    token = MapToken()
    async with opened(token.url_path) as (browser, sent, running):
        assert (await sent.get())["type"] == "websocket.accept"
        browser.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(running, 10)
        assert asyncio.all_tasks() == {asyncio.current_task()}
