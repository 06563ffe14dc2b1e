"""The editor: a template, its text, where it goes, and the schema of its type.

It is outside the fragment that is redrawn periodically, so that typing is not disturbed.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial

import streamlit as st

from common.text_markers import N_
from dashboard import tab_session
from dashboard.frames import json_check, json_editor, templates
from dashboard.frames.templates import TemplateValues
from dashboard.i18n.translate import _
from dashboard.personas import Persona
from dashboard.ui import formatting, sidebar, theme, url_select
from dashboard.ui.console_draft import EDITOR_TEXT
from dashboard.views.console import (
    editor_state,
    order_notes,
    panes,
    schema,
    tab_resources,
)
from dashboard.views.console.editor_state import LIVE_KEY
from dashboard.views.console.repeater import MIN_INTERVAL_S
from dashboard.views.console.tab_resources import ConsoleConnection

CHECKED_HEIGHT = 240  # px: the check and the schema
MODE_PARAM, COMPOSE_MODE, CONFORMANCE_MODE = "console", "compose", "conformance"
MODES = {COMPOSE_MODE: N_("Compose"), CONFORMANCE_MODE: N_("Conformance tests")}
REPEAT_INTERVAL_KEY = "repeat-interval"
NEVER_SUBSCRIBED = N_(
    "Without “since”: this connection was not subscribed to {channel}, so there is no position."
)
NOT_RECOVERABLE = N_(
    "Without “since”: the subscription to {channel} was not recoverable, so its messages had no "
    "offset, and missed ones cannot be requested. With this subscription they have one."
)


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


def draw_editor(connection: ConsoleConnection, persona_key: str) -> None:
    """Draw the pane."""
    values = partial(tab_resources.template_values, connection)
    editor_state.initialise(persona_key, values)
    is_publication = templates.is_publication_text(st.session_state[EDITOR_TEXT])
    with theme.card("compose", "", None, size="pane"):
        draw_mode_switch()
        _draw_template_choice(values)
        editor_state.note_drawn()
        st.text_area(
            _("Frame"),
            height="stretch",
            key=EDITOR_TEXT,
            label_visibility="collapsed",
            on_change=editor_state.follow_typed_text,
        )
        _draw_sending(is_publication, connection)
        st.fragment(_draw_check)(values, connection.persona)


def _draw_template_choice(values: Callable[[], TemplateValues]) -> None:
    key = editor_state.prepare_choice()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="template"):
        name = st.selectbox(
            _("Template"),
            list(templates.TEMPLATE_TITLES),
            key=key,
            format_func=lambda name: _(templates.TEMPLATE_TITLES[name]),
            label_visibility="collapsed",
            on_change=editor_state.follow_choice,
            args=(key, values),
        )
        is_handed_over = bool(tab_session.tab().console.handed_over)
        restore = _("Restore the template")
        if is_handed_over:
            restore = _("Restore the message from the Explorer, as it was received")
        st.button(
            restore,
            key="restore-template",
            icon=":material/restart_alt:",
            help=restore,
            disabled=name == templates.OWN_MESSAGE and not is_handed_over,
            on_click=lambda: editor_state.restore(values()),
        )
    editor_state.keep_choice(key, name)


def _draw_sending(is_publication: bool, connection: ConsoleConnection) -> None:
    """Draw the buttons; a message over the limit can be sent, to see the server's answer."""
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
        with st.popover(_("Repeat"), icon=":material/repeat:", key="repeat"):
            _draw_repetition(connection)


def _draw_repetition(connection: ConsoleConnection) -> None:
    st.number_input(
        _("Every … seconds"),
        min_value=MIN_INTERVAL_S,
        max_value=3600.0,
        value=1.0,
        step=0.5,
        key=tab_session.tab().widget_key(REPEAT_INTERVAL_KEY),
        help=_("At most ten messages per second"),
    )
    st.button(
        _("Start"),
        key="repeat-start",
        icon=":material/play_arrow:",
        on_click=_start_repeating,
        args=(connection,),
    )
    st.caption(_("Stops when the connection closes, or another page or persona is opened."))


def _draw_check(values: Callable[[], TemplateValues], persona: Persona) -> None:
    """Draw what is wrong with the text, and the schema of its type; both follow each key."""
    text = editor_state.shown_text()
    name = templates.template_of(text, editor_state.selected_template())
    # Of one height: what is above does not move when the text below gets longer.
    with st.container(key="checked", height=CHECKED_HEIGHT, border=False, gap="xsmall"):
        with st.container(key="json-check", border=False, gap="xsmall"):
            is_publication = templates.is_publication_text(text)
            check = json_editor.check_html(text, is_publication)
            st.html(check + _note_html(text, name, values, persona))
        _draw_schema(name)
    json_editor.draw_colours(
        LIVE_KEY,
        text,
        text_key=EDITOR_TEXT,
        button_key="send",
        version=tab_session.tab().console.drawn_version,
        schema=name,
        blocked=_is_unpublishable(text),
    )


def _is_unpublishable(text: str) -> bool:
    """Return whether a text is a publication whose JSON is invalid.

    A client's invalid frame can be sent, to see the server's answer.
    """
    is_publication = templates.is_publication_text(text)
    return is_publication and json_check.find_json_error(text) is not None


def _note_html(text: str, name: str, values: Callable[[], TemplateValues], persona: Persona) -> str:
    """Return what else a person has to know of the message; empty if there is nothing."""
    if name == templates.RECOVER and '"since"' not in text:
        now = values()
        words = _(NOT_RECOVERABLE if now.was_subscribed else NEVER_SUBSCRIBED)
        note = "" if now.since is not None else words.format(channel=now.recovered_channel)
    else:
        note = order_notes.order_note([templates.json_object(text)], persona)
    notes = filter(None, (_persona_text(), note))
    return "".join(f'<div class="quiet">{html.escape(each)}</div>' for each in notes)


def _persona_text() -> str:
    """Say that the message was written for another persona, where it was; else nothing."""
    owner = editor_state.other_persona()
    if not owner:
        return ""
    words = _("You wrote this message as {persona}: check the ids and the channel in it.")
    return words.format(persona=sidebar.persona_label(owner))


def _draw_schema(name: str) -> None:
    with st.container(key="schema", height="stretch", border=False):
        if name == templates.OWN_MESSAGE:
            st.caption(_("This type has no schema: clients and services do not send it."))
            return
        kind, publishes = templates.message_type(name), templates.is_publication(name)
        way = _("HTTP API") if publishes else _("client to server")
        title = html.escape(_("Schema of {type}").format(type=kind.__struct_config__.tag))
        write = schema.publication_schema if publishes else schema.message_schema
        st.html(
            formatting.split_row_html(f"<b>{title}</b>", html.escape(way), "quiet")
            + schema.render(write(kind, _))
        )


def _send(connection: ConsoleConnection) -> None:
    text: str = st.session_state[EDITOR_TEXT]
    if _is_unpublishable(text):  # by the shortcut
        st.toast(_("Not published: the JSON is invalid."), icon=":material/error:")
        return
    panes.clear_selection()  # so that the answer is visible
    if templates.is_publication_text(text):
        connection.publish(text)
    else:
        connection.send(text)
        editor_state.increment_id()
    if tab_session.tab().paused_snapshot is not None:
        st.toast(
            _("Sent. The frames are paused: resume to see the answer."), icon=":material/pause:"
        )


def _start_repeating(connection: ConsoleConnection) -> None:
    panes.clear_selection()
    text: str = st.session_state[EDITOR_TEXT]
    tab = tab_session.tab()  # the thread has no session
    persona_key = tab.console.template_persona
    is_publication = templates.is_publication_text(text)

    def send(number: int) -> None:
        if is_publication:
            connection.publish(text)
        else:
            connection.send(editor_state.with_repetition(text, number))

    def may_continue() -> bool:
        is_shown = tab.url_values.page == "console" and tab.console.template_persona == persona_key
        return is_shown and (is_publication or connection.raw.is_open)

    interval_s = st.session_state[tab.widget_key(REPEAT_INTERVAL_KEY)]
    connection.repeater.start(send, interval_s, may_continue)
    if not is_publication:
        editor_state.increment_id()
