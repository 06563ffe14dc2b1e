"""The message list's filters and its button to the newest message.

The filters are in the URL: a reload keeps them, and a link can be shared.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import streamlit as st

from common.text_markers import N_
from dashboard.i18n.translate import _
from dashboard.messages.search import MAX_ROWS, MessageFilter, SearchResult
from dashboard.state.live_state import Snapshot
from dashboard.tab_session import tab
from dashboard.ui import newest_button, url_select
from dashboard.views.explorer import selection
from protocol.codec import PUBLISHABLE_TYPES

KNOWN_TYPES = {*PUBLISHABLE_TYPES, "chat_message"}  # also in a URL, before the first one
LIVE, SAVED = "passing", "saved"
VIEW_LABELS = {LIVE: N_("Live"), SAVED: N_("Saved")}
Slot = AbstractContextManager[Any]


def draw(now: Snapshot) -> tuple[MessageFilter, str, Slot]:
    """Draw the filters; return the filter, the view and the container for ``newest``."""
    words: dict[str, Any] = {"label_visibility": "collapsed", "on_change": selection.jump_to_newest}
    typed: dict[str, Any] = {"type": "search", "live": True, "bind": "query-params"} | words
    with st.container(horizontal=True, gap="xsmall"):
        channel = st.text_input(
            _("All channels"), key="channel", placeholder=_("All channels"), **typed
        )
        types = {name: name for name in ("", *sorted({*KNOWN_TYPES, *now.types}))}
        types[""] = N_("All types")
        type_ = url_select.select("explorer", "type", _("Type"), types, **words)
        view = url_select.select(
            "explorer", "view", _("Which messages"), VIEW_LABELS, width=120, **words
        )
    with st.container(horizontal=True, gap="xsmall"):
        sought = _("Text, /regex/ or $.json.path")
        text = st.text_input(sought, key="text", placeholder=sought, **typed)
        beside = st.container(horizontal=True, gap="xsmall", width="content")
    return MessageFilter(channel or "", type_, text or ""), view, beside


def draw_newest_button(result: SearchResult) -> None:
    """Draw the button to the newest message, with the number of new ones."""
    messages = tab().explorer.messages
    count = messages.new_count(result.newest, lambda message: message.seq)
    newest_button.draw(
        "jump",
        f"{MAX_ROWS}+" if count >= MAX_ROWS else str(count),
        messages.is_frozen,
        selection.jump_to_newest,
        width=124,
        shortcut="n",
    )
