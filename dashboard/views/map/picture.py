"""The picture: a component that draws the frames of ``dashboard.web.map_socket``.

It is mounted outside of the page's fragment, and its data are constant between clicks: Streamlit
would send its code again with each redraw.  What is chosen in the picture is kept in the URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.dependencies import feed
from dashboard.i18n.translate import current_language
from dashboard.messages.message_ids import message_id
from dashboard.state.channels import KINDS
from dashboard.tab_session import tab
from dashboard.ui import page_frame, url_select
from dashboard.views.map import texts
from dashboard.web.assets import MAP_MODULES_DIR, import_module
from protocol.channels import ChannelKind

PAGE, KEY = "map", "map"
FOCUS, TYPE, HIDDEN, TABLE = "focus", "type", "hide", "table"  # parameters of the URL
REFUSED, NOTHING = "refused", "nothing"
HIDEABLE = frozenset({*KINDS, REFUSED})
DEFAULT_HIDDEN = str(ChannelKind.MONITOR)
MAX_TEXT = 160  # characters of a parameter
EXPLORER, CONNECTIONS = "views/explorer/page.py", "views/connections/page.py"

_mount = st.components.v2.component(
    "traffic-map",
    html='<div class="traffic-map"></div>',
    css=(MAP_MODULES_DIR / "map.css").read_text(),
    js=import_module("map/map.js"),
)


def draw() -> None:
    """Draw the picture, and follow what was clicked in it."""
    with st.container(border=True, key="pane-map", height=800):
        result = _mount(
            key=KEY,
            data={
                "url": tab().map_token.url_path,
                "lang": current_language(),
                "texts": texts.all_texts(),
                "paused": tab().paused_snapshot is not None,
                "view": current_view(),
            },
            height="stretch",
            on_view_change=_keep_view,
            on_resume_change=_resume,
            on_open_change=lambda: None,
        )
    if result.open:
        page, query = link_to(result.open)
        st.switch_page(page, query_params=query)


def current_view() -> dict[str, Any]:
    """Return what the URL, or an earlier run, asks to show."""
    hidden = url_select.kept_value(PAGE, HIDDEN) or DEFAULT_HIDDEN
    return {
        "focus": url_select.kept_value(PAGE, FOCUS),
        "type": url_select.kept_value(PAGE, TYPE),
        "hidden": sorted(HIDEABLE.intersection(hidden.split(","))),
        "table": url_select.kept_value(PAGE, TABLE) == url_select.ON,
    }


def _keep_view() -> None:
    """Keep what was chosen in the picture in the URL; for a callback."""
    view: Mapping[str, Any] = st.session_state[KEY].view or {}
    url_select.keep_value(PAGE, FOCUS, _text(view.get("focus")))
    url_select.keep_value(PAGE, TYPE, _text(view.get("type")))
    hidden = sorted(HIDEABLE.intersection(view.get("hidden") or ()))
    shown = ",".join(hidden) or NOTHING
    url_select.keep_value(PAGE, HIDDEN, shown, default=DEFAULT_HIDDEN)
    url_select.keep_value(PAGE, TABLE, url_select.ON if view.get("table") else "")


def _resume() -> None:
    """Leave the pause, so that what was missed is played; for a callback."""
    if tab().paused_snapshot is not None:
        page_frame.toggle_pause()


def link_to(clicked: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the page and the query of what was clicked: a message, or a focus by its name."""
    if "seq" in clicked:
        query = {"channel": _text(clicked.get("channel"))}
        return EXPLORER, query | _message_query(clicked["seq"])
    is_connections = "connections" in clicked
    name = _text(clicked.get("connections" if is_connections else "explorer"))
    kind, _sep, key = name.partition(":")
    if kind == "from":
        return EXPLORER, {"type": texts.PUBLISHER_TYPES.get(key, "")}
    if kind == ChannelKind.USER and key not in texts.SHARED_LANES:
        return (CONNECTIONS, {"who": key}) if is_connections else (EXPLORER, {"user": key})
    channel = f"{kind}:" if key in texts.SHARED_LANES else name
    return (CONNECTIONS if is_connections else EXPLORER), {"channel": channel}


def _message_query(seq: object) -> dict[str, str]:
    for message in feed().snapshot().log.newest_first():
        if message.seq == seq:
            return {"message": message_id(message)}
    return {}


def _text(value: object) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""
