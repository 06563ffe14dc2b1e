"""The state of this page's own connection: what it is, what to do next, and until when."""

from __future__ import annotations

import html
import time

import streamlit as st

from dashboard.frames import connection_status, templates
from dashboard.i18n.translate import _
from dashboard.ui import formatting, theme
from dashboard.views.console import editor_state, next_steps, tab_resources
from dashboard.views.console.next_steps import NextStep
from dashboard.views.console.tab_resources import ConsoleConnection


def draw(connection: ConsoleConnection) -> None:
    """Draw the card; the connection's frames have been read."""
    tracker, now = connection.tracker, time.time()
    summary = tracker.summary
    lost = tuple(each.channel for each in tracker.lost)
    recovery = tracker.recovery_point()
    has_position = recovery is not None and recovery[1] is not None
    step = next_steps.next_step(summary, tracker.subscriptions, lost, now, has_position)
    with theme.card("connection", "", None):
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            with st.container(width="stretch"):
                address = tab_resources.conformance_target().socket_url
                title, detail, tone = connection_status.status(summary, now, address)
                st.html(formatting.status_html(title, detail, tone))
            _draw_connect_button(connection)
        st.html(connection_status.subscriptions_html(tuple(tracker.subscriptions)))
        _draw_step(step, connection, now)


def _draw_connect_button(connection: ConsoleConnection) -> None:
    is_open = connection.raw.is_open
    st.button(
        _("Disconnect") if is_open else _("Connect"),
        key="connect",
        icon=":material/link_off:" if is_open else ":material/link:",
        on_click=connection.disconnect if is_open else connection.open,
        width=132,
    )


def _draw_step(step: NextStep, connection: ConsoleConnection, now: float) -> None:
    if not step.texts:
        return
    times = {name: formatting.format_time(at) for name, at in step.times}
    values = dict(step.values) | times
    words = " ".join(
        formatting.markdown_with_code(_(text).format(**values)) for text in step.texts if text
    )
    with st.container(key="next-step", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(words, width="stretch")
        if step.suggestion and st.button(
            _("Use the template"),
            key="use-template",
            icon=":material/edit_note:",
            help=_(templates.TEMPLATE_TITLES[step.suggestion.value]),
            on_click=_use_template,
            args=(step.suggestion.value, connection),
        ):
            st.rerun()  # the editor is outside of this fragment
    if step.deadline is not None:
        left = max(0.0, step.deadline - now)
        time_left = formatting.format_duration(left)
        words = _(step.consequence).format(time=time_left, code=step.code)
        tone = "bad" if step.code else "warn"
        st.html(
            f'<div class="row {tone}"><b>{html.escape(words.replace("`", ""))}</b></div>'
            + formatting.progress_bar_html(step.share_left(now), tone)
        )


def _use_template(name: str, connection: ConsoleConnection) -> None:
    editor_state.write_template(name, tab_resources.template_values(connection))
