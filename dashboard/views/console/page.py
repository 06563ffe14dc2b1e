"""Console: send frames by hand, inspect them, and run conformance tests."""

from __future__ import annotations

import streamlit as st

from client.recorded_frames import RecordedFrame
from conformance.case_types import CaseStatus
from dashboard import personas
from dashboard.i18n.translate import _, ngettext
from dashboard.tab_session import tab
from dashboard.ui import console_draft, formatting, page_frame, sidebar
from dashboard.views.console import (
    conformance_table,
    connection_summary,
    editor,
    panes,
    tab_resources,
)
from dashboard.views.console.connection_summary import ConnectionPhase, ConnectionSummary


def status_text(now: ConnectionSummary) -> str:
    """Return the status of the persona's connection."""
    match now.phase:
        case ConnectionPhase.NOT_CONNECTED | ConnectionPhase.CONNECTING:
            return _("connecting to {address}").format(
                address=tab_resources.conformance_target().socket_url
            )
        case ConnectionPhase.CLOSED:
            ended = now.closing_frame.label if now.closing_frame else ""
            return _("{ended} at {at}; Send reconnects").format(
                ended=ended, at=formatting.format_time(now.since)
            )
        case ConnectionPhase.OPEN if not now.user:
            return _("open since {at}, not signed in").format(at=formatting.format_time(now.since))
        case ConnectionPhase.OPEN:
            pass
    identity = " · ".join(filter(None, (now.user, now.role, now.tenant)))
    words = _("signed in as {who}").format(who=identity)
    if now.expires_at is not None:
        left = max(0.0, now.expires_at - page_frame.current_snapshot().at)
        words += " · " + _("token expires in {time}").format(time=formatting.format_duration(left))
    return words


def frames_while_paused(
    live: tuple[RecordedFrame, ...], persona_key: str
) -> tuple[RecordedFrame, ...]:
    """Return the frames, or while the tab is paused those of that moment."""
    paused_frames = tab().console.paused_frames
    if tab().paused_snapshot is None:
        paused_frames.clear()
        return live
    return paused_frames.setdefault(persona_key, live)


def draw_connection() -> None:
    """Draw the frames of the persona's connection."""
    key = sidebar.persona_key()
    shown = frames_while_paused(tab_resources.raw_connection(persona).recorder.frames(), key)
    live_line(status_text(connection_summary.summarise(shown)))
    hint = _("Send a message or connect. Frames in both directions appear here.")
    if not st.session_state.get(panes.SHOW_EVENTS_KEY, True):
        shown = tuple(each for each in shown if not each.is_event)
    middle, right = st.columns([568, 292], gap="xsmall")
    with middle:
        panes.draw_frames(shown, key, (_("No frames yet"), hint), connection=sending)
    with right:
        panes.draw_sequence(shown, title.partition(" · ")[0])


def draw_tests() -> None:
    """Draw the conformance tests and the frames of the selected one."""
    results = tab_resources.conformance_runner().results()
    running = sum(each.status is CaseStatus.RUNNING for each in results.values())
    words = ngettext("{count} test running", "{count} tests running", running)
    live_line(
        words.format(count=running) if running else tab_resources.conformance_target().socket_url
    )
    name = conformance_table.selected_case()
    result = results.get(name)
    shown = result.frames if result else ()
    left, middle, right = st.columns([566, 398, 226], gap="xsmall")
    with left:
        conformance_table.draw_cases(results)
    with middle:
        hint = _("Run the tests, then select one to see its frames.")
        answer = result.answer if result else None
        panes.draw_frames(shown, name, (_("No test selected"), hint), answer)
    with right:
        panes.draw_sequence(shown, _("test client"))


console_draft.take_from_url()
persona = sidebar.current_persona()
title = _(personas.LABELS[sidebar.persona_key()])
sending = tab_resources.ConsoleConnection(tab_resources.raw_connection(persona), persona)
if not sending.raw.recorder.frames():
    sending.open()
live_line = page_frame.header(_("Console"))
if editor.selected_mode() == editor.CONFORMANCE_MODE:
    page_frame.redraw_periodically("console", draw_tests)
else:
    left, rest = st.columns([320, 867], gap="xsmall")
    with left:
        editor.draw_editor(sending)
    with rest:
        page_frame.redraw_periodically("console", draw_connection)
