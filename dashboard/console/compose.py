"""The editor: a template, its text, where it goes, and the schema of its type.

It stands outside the part that is drawn again and again, so that nothing disturbs the typing.
"""

from __future__ import annotations

import streamlit as st

from dashboard import choices, look, marks
from dashboard.console import drafts, panes, schema, tab, templates
from dashboard.console.rules import LIMIT
from dashboard.console.tab import Sending
from dashboard.words import N_, _

PUBLICATION = 64 << 10  # bytes


MODE, COMPOSE, TRIALS = "console", "compose", "trials"
MODES = {COMPOSE: N_("Compose"), TRIALS: N_("Conformance tests")}


def mode() -> str:
    """Return what the Console is for now, in this tab or in its address."""
    return choices.chosen(MODE, MODES)


def switch() -> str:
    """Draw what the Console is for, in place of a card's title; return it."""
    return choices.select(
        MODE,
        _("Mode"),
        MODES,
        element=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )


def draw(sending: Sending) -> None:
    """Draw the pane."""
    shop = tab.shop(sending.persona)
    drafts.begin(shop)
    is_publication = drafts.is_publication(st.session_state[drafts.DRAFT])
    with look.card("compose", "", None, size="pane"):
        switch()
        name = st.selectbox(
            _("Template"),
            templates.NAMES,
            key=drafts.TEMPLATE,
            bind="query-params",
            label_visibility="collapsed",
            on_change=drafts.refill,
            args=(shop,),
        )
        text = st.text_area(
            _("Frame"),
            height="stretch",
            key=drafts.DRAFT,
            label_visibility="collapsed",
            on_change=drafts.keep,
        )
        _send_button(text, is_publication, sending)
        kind, publishes = templates.kind_of(name), templates.is_publication(name)
        way = _("HTTP API") if publishes else _("client to server")
        title = _("Schema of {type}").format(type=kind.__struct_config__.tag)
        st.html(marks.pair(f"<b>{title}</b>", way, "quiet"))
        with st.container(key="schema", height=236, border=False):
            write = schema.publication if publishes else schema.message
            st.code(write(kind, _), None)


def _send_button(text: str, is_publication: bool, sending: Sending) -> None:
    """Draw what sends the text; a message over the limit may be sent: its answer is a lesson."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Publish") if is_publication else _("Send"),
            key="send",
            type="primary",
            icon=":material/send:",
            shortcut="ctrl+enter",
            on_click=_send,
            args=(sending,),
        )
        size, limit = len(text.encode()), PUBLICATION if is_publication else LIMIT
        told = _("{size} of {limit} bytes").format(
            size=marks.number(size), limit=marks.number(limit)
        )
        if is_publication:
            whom = _("as a service")
            told = f"{whom} · {told}"
        st.caption(f":red[{told}]" if size > limit else told, width="content")


def _send(sending: Sending) -> None:
    panes.let_go()  # whoever sends wants to see what comes of it
    text: str = st.session_state[drafts.DRAFT]
    if drafts.is_publication(text):
        sending.publish(text)
    else:
        sending.send(text)
        drafts.advance()
