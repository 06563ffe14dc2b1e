"""Route that serves a tab's filtered messages: ``GET /messages/{token}.jsonl`` and ``.csv``.

Streamlit's download button is not used: it drops a file made on demand after the second run of
any tab, here within a second, so that a later request gets a 404.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import quote
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from common.text_markers import N_
from common.text_patterns import InvalidPattern
from dashboard.messages import export
from dashboard.messages.search import MessageFilter, MessageSearch, SearchStopped
from dashboard.state.message_log import LoggedMessage, LogView

SEARCH_TIMEOUT_S = 20.0  # of a download: usual filters take one or two


class ExportFormat(NamedTuple):
    """An export format: its writer, media type and translatable description."""

    write: Callable[[Iterable[LoggedMessage]], bytes]
    media_type: str
    description: str


FORMATS = {
    "jsonl": ExportFormat(export.to_jsonl, "application/x-ndjson", N_("one JSON object per line")),
    "csv": ExportFormat(export.to_csv, "text/csv", N_("table for spreadsheets")),
}


class DownloadSource:
    """The log view and filter that a tab drew last; downloadable while the tab is open."""

    def __init__(self) -> None:
        self.log, self.filter = LogView(), MessageFilter()
        self.token = secrets.token_urlsafe(16)
        _sources[self.token] = self

    def messages(self) -> list[LoggedMessage]:
        """Return all messages that match the filter, oldest first.

        Raises:
            SearchStopped: it would take too long.
            PatternTooSlow: one message alone would.
        """
        until = time.monotonic() + SEARCH_TIMEOUT_S
        return MessageSearch(self.filter).all_matches(self.log, lambda: time.monotonic() > until)

    def url_path(self, format: str) -> str:
        """Return the path of the download in a format."""
        return f"/messages/{self.token}.{format}"


_sources: WeakValueDictionary[str, DownloadSource] = WeakValueDictionary()


def serve_download(request: Request) -> Response:
    """Respond to a download, on a thread of the web server: 20,000 messages take some time."""
    form = FORMATS.get(request.path_params["form"])
    listed = _sources.get(request.path_params["token"])
    if form is None or listed is None:
        return PlainTextResponse("This link has expired: its tab was closed.\n", 404)
    try:
        messages = listed.messages()
    except (SearchStopped, InvalidPattern):
        return PlainTextResponse("The filter takes too long: use a simpler one.\n", 422)
    name = export.file_name(listed.filter, time.time(), request.path_params["form"])
    # Names may have letters of any script, which only `filename*` carries.
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(form.write(messages), media_type=form.media_type, headers=headers)


DOWNLOAD_ROUTE = Route("/messages/{token}.{form}", serve_download)
