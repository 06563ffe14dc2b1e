"""The message list's filters and its button to the newest message.

The filters live in the URL: a reload keeps them, and an address can be passed on.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import streamlit as st

from dashboard import choices, picking
from dashboard.filters import SHOWN, Filter, Found
from dashboard.history import Seen
from dashboard.state import Snapshot
from dashboard.words import N_, _
from protocol.codec import PUBLISHABLE

KNOWN_TYPES = {*PUBLISHABLE, "chat_message"}  # so that an address may name one not yet seen
PASSING, SAVED = "passing", "saved"
VIEWS = {PASSING: N_("Live"), SAVED: N_("Saved")}
Slot = AbstractContextManager[Any]


def draw(now: Snapshot) -> tuple[Filter, str, Slot]:
    """Draw the filters; return the filter, the view and the container for ``newest``."""
    words: dict[str, Any] = {"label_visibility": "collapsed", "on_change": picking.jump_to_newest}
    typed: dict[str, Any] = {"type": "search", "live": True, "bind": "query-params"} | words
    with st.container(horizontal=True, gap="xsmall"):
        channel = st.text_input(
            _("All channels"), key="channel", placeholder=_("All channels"), **typed
        )
        types = {name: name for name in ("", *sorted({*KNOWN_TYPES, *now.types}))}
        types[""] = N_("All types")
        type_ = choices.select("type", _("Type"), types, **words)
        view = choices.select("view", _("Which messages"), VIEWS, width=120, **words)
    with st.container(horizontal=True, gap="xsmall"):
        sought = _("Text, /regex/ or $.json.path")
        text = st.text_input(sought, key="text", placeholder=sought, **typed)
        beside = st.container(horizontal=True, gap="xsmall", width="content")
    return Filter(channel or "", type_, text or ""), view, beside


def newest(found: Found) -> None:
    """Draw the button to the newest message, with the number of new ones."""
    frozen: tuple[Seen, ...] | None = st.session_state.frozen
    fresh = sum(message.seq > frozen[0].seq for message in found.newest) if frozen else 0
    count = f"{SHOWN}+" if fresh >= SHOWN else str(fresh)
    st.button(
        _("{count} new").format(count=count) if frozen else _("Newest"),
        key="jump",
        icon=":material/vertical_align_top:",
        shortcut="n",
        type="primary" if frozen else "secondary",
        disabled=not frozen,
        on_click=picking.jump_to_newest,
        width=124,
    )
