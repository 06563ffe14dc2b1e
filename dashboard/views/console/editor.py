"""The editor: a template, its text, where it goes, and the schema of its type.

It is outside the fragment that is redrawn periodically, so that typing is not disturbed.
"""

from __future__ import annotations

import streamlit as st

from common.text_markers import N_
from conformance.cases import MAX_MESSAGE_BYTES
from dashboard.i18n.translate import _
from dashboard.ui import formatting, theme, url_select
from dashboard.ui.console_draft import EDITOR_TEXT
from dashboard.views.console import editor_state, panes, schema, tab_resources, templates
from dashboard.views.console.tab_resources import ConsoleConnection

MAX_PUBLICATION_BYTES = 64 << 10  # bytes


MODE_PARAM, COMPOSE_MODE, CONFORMANCE_MODE = "console", "compose", "trials"
MODES = {COMPOSE_MODE: N_("Compose"), CONFORMANCE_MODE: N_("Conformance tests")}


def selected_mode() -> str:
    """Return the selected mode of the Console."""
    return url_select.selected("console", MODE_PARAM, MODES)


def draw_mode_switch() -> str:
    """Draw the mode switch, in place of a card's title; return the mode."""
    return url_select.select(
        "console",
        MODE_PARAM,
        _("Mode"),
        MODES,
        element=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )


def draw_editor(connection: ConsoleConnection) -> None:
    """Draw the pane."""
    shop = tab_resources.template_values(connection.persona)
    editor_state.initialise(shop)
    is_publication = editor_state.is_publication(st.session_state[EDITOR_TEXT])
    with theme.card("compose", "", None, size="pane"):
        draw_mode_switch()
        name = st.selectbox(
            _("Template"),
            templates.TEMPLATE_NAMES,
            key=editor_state.TEMPLATE_PARAM,
            bind="query-params",
            label_visibility="collapsed",
            on_change=editor_state.apply_template,
            args=(shop,),
        )
        text = st.text_area(
            _("Frame"),
            height="stretch",
            key=EDITOR_TEXT,
            label_visibility="collapsed",
            on_change=editor_state.save,
        )
        _send_button(text, is_publication, connection)
        kind, publishes = templates.message_type(name), templates.is_publication(name)
        way = _("HTTP API") if publishes else _("client to server")
        title = _("Schema of {type}").format(type=kind.__struct_config__.tag)
        st.html(formatting.split_row_html(f"<b>{title}</b>", way, "quiet"))
        with st.container(key="schema", height=236, border=False):
            write = schema.publication_schema if publishes else schema.message_schema
            st.code(write(kind, _), None)


def _send_button(text: str, is_publication: bool, connection: ConsoleConnection) -> None:
    """Draw the send button; a message over the limit can be sent, to see the server's answer."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Publish") if is_publication else _("Send"),
            key="send",
            type="primary",
            icon=":material/send:",
            shortcut="ctrl+enter",
            on_click=_send,
            args=(connection,),
        )
        size, limit = (
            len(text.encode()),
            MAX_PUBLICATION_BYTES if is_publication else MAX_MESSAGE_BYTES,
        )
        usage = _("{size} of {limit} bytes").format(
            size=formatting.format_number(size), limit=formatting.format_number(limit)
        )
        if is_publication:
            sender = _("as a service")
            usage = f"{sender} · {usage}"
        st.caption(f":red[{usage}]" if size > limit else usage, width="content")


def _send(connection: ConsoleConnection) -> None:
    panes.clear_selection()  # so that the answer is visible
    text: str = st.session_state[EDITOR_TEXT]
    if editor_state.is_publication(text):
        connection.publish(text)
    else:
        connection.send(text)
        editor_state.increment_id()
