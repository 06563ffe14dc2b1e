"""The pages' HTML: Streamlit's, with our styles, the server's address and an outline of the page.

Streamlit loads styles of ours with the page's other content, after it has drawn the frame without
them: everything would move.  Until its scripts have loaded and run it shows nothing; the outline is
there at once.  Its script guesses the server's address from the page's: on ``/explorer`` it first
requests ``/explorer/_stcore/health``, and the browser logs a 404 (seen with 1.67).  And in a tab
that outlives the workbench it blames the app's CORS settings for the cookie that is not valid any
more: such a tab is reloaded, and shows how to sign in.
"""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

from dashboard.ui.theme import ASSETS_DIR

ADDRESS = "<script>window.__streamlit = { BACKEND_BASE_URL: location.origin }</script>"
SIGN_IN_AGAIN = """<script>
new PerformanceObserver((list) => {
  for (const {name, responseStatus} of list.getEntries())
    if (responseStatus === 403 && name.endsWith("/_stcore/host-config")) location.reload();
}).observe({type: "resource"});
</script>"""
"""Streamlit requests this path before it connects, also again."""
STYLES = "".join(
    f"<style>{(ASSETS_DIR / name).read_text()}</style>" for name in ("app.css", "table.css")
)
"""For the body: Streamlit adds its own to the head, and of equal rules the last applies."""

LOADING = (ASSETS_DIR / "loading.html").read_text()


def render_index() -> bytes:
    """Return Streamlit's HTML with the scripts, the styles and the outline.

    Raises:
        ValueError: the HTML has no head or body, as in no known version.
    """
    index = (Path(file_util.get_static_dir()) / "index.html").read_text()
    additions = (("<head>", ADDRESS + SIGN_IN_AGAIN), ("<body>", STYLES + LOADING))
    for tag, addition in additions:
        before, found, after = index.partition(tag)
        if not found:
            raise ValueError(f"Streamlit's index.html has no {tag}")
        index = f"{before}{found}{addition}{after}"
    return index.encode()


class ServeIndex:
    """ASGI middleware that replaces every HTML page by Streamlit's with our additions.

    Streamlit responds with it to every path of a page.  Nobody requests other HTML: that among the
    assets is read by Python.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._index = HTMLResponse(render_index(), headers={"Cache-Control": "no-cache"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""
        is_index = False

        async def replace(message: Message) -> None:
            nonlocal is_index
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                is_index = message["status"] == 200 and kind.startswith("text/html")
            if not is_index:
                await send(message)
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                await self._index(scope, receive, send)

        await self._app(scope, receive, replace)
