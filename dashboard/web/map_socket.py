"""WebSocket route of the map: ``/map/frames/{token}``.

A socket is sent what is new in the feed's snapshots, several times per second.  There is no queue:
while a browser is slow nothing is read, and its next frame covers the whole time.  The token is the
tab's, beside the origin and the cookie that ``sign_in`` checks for every route.
"""

from __future__ import annotations

import asyncio
import secrets
from weakref import WeakValueDictionary

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard import dependencies
from dashboard.web.map_frames import MapFrames

INTERVAL_S = 0.1  # the server reports every 0.25 s


class MapToken:
    """Lets a tab open the socket; valid while the tab keeps it."""

    def __init__(self) -> None:
        self.text = secrets.token_urlsafe(16)
        _tokens[self.text] = self

    @property
    def url_path(self) -> str:
        """The path of the socket."""
        return f"/map/frames/{self.text}"


_tokens: WeakValueDictionary[str, MapToken] = WeakValueDictionary()


async def serve_map(socket: WebSocket) -> None:
    """Send frames until the page is left, or its tab is closed."""
    token = socket.path_params["token"]
    if token not in _tokens:
        await socket.close()  # before the handshake: the response is 403
        return
    await socket.accept()
    tasks = [
        asyncio.create_task(_send_frames(socket, token)),
        asyncio.create_task(_wait_until_left(socket)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            raise result


async def _wait_until_left(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send_frames(socket: WebSocket, token: str) -> None:
    """Send frames until the tab is closed.

    Raises:
        WebSocketDisconnect: the page was left.
    """
    frames = MapFrames()
    while token in _tokens:
        feed = dependencies.feed()
        frame = frames.next_frame(
            feed.snapshot(),
            dependencies.connections_client().latest().connections.connections,
            is_live=feed.status().is_live,
        )
        if frame is not None:
            await socket.send_text(frame.decode())
        await asyncio.sleep(INTERVAL_S)
    await socket.close()


MAP_ROUTE = WebSocketRoute("/map/frames/{token}", serve_map)
