"""Drop browser messages that ask for the fragment of a page which was left.

A field reports its text when it loses the focus, and a fragment's timer may fire, just after a link
was clicked.  Such a message still names the page before.  Streamlit's server would run it after the
next page, and its frontend take that for a change of the page and remove everything it shows.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg


class PageTracker:
    """Follows the page of one browser tab by its messages."""

    def __init__(self) -> None:
        self._page = ""
        self._pages_of: dict[str, set[str]] = {}  # by fragment

    def is_stale(self, data: bytes) -> bool:
        """Take a message into account, and tell whether it is of a page that was left."""
        message = BackMsg.FromString(data)
        if not message.HasField("rerun_script"):
            return False
        run = message.rerun_script
        if not run.fragment_id:
            self._page = run.page_script_hash
            return False
        if not self._page or not run.page_script_hash:
            return False
        if run.page_script_hash != self._page:
            return True
        known = self._pages_of.setdefault(run.fragment_id, set())
        if known and self._page not in known and not run.is_auto_rerun:
            return True
        known.add(self._page)  # fragments of the sidebar are on every page
        return False


class DropStaleRuns:
    """ASGI middleware in front of Streamlit's WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""
        tracker = PageTracker()

        async def received() -> Message:
            while True:
                message = await receive()
                data = message.get("bytes") if message["type"] == "websocket.receive" else None
                if not data or not tracker.is_stale(data):
                    return message

        await self._app(scope, received, send)
