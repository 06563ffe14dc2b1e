"""Console: send frames by hand, inspect them, and run conformance tests."""

from __future__ import annotations

import streamlit as st

from client.recorded_frames import RecordedFrame
from conformance.case_types import CaseStatus
from dashboard.frames import frame_panes, templates
from dashboard.frames.connection_tracker import ConnectionTracker
from dashboard.frames.sequence_diagram import Lane
from dashboard.i18n.translate import _, ngettext
from dashboard.tab_session import tab
from dashboard.ui import console_draft, page_frame, sidebar
from dashboard.views.console import (
    conformance_table,
    connection_card,
    editor,
    editor_state,
    frame_filter,
    panes,
    tab_resources,
)
from dashboard.views.console.tab_resources import ConsoleConnection

OTHER_CLIENT_KEY = "sequence-with"  # of the choice of a second client
ONLY_THIS = ""


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
    """Draw the frames of the persona's connection, and its state, which is never paused."""
    key = sidebar.persona_key()
    shown = frames_while_paused(sending.frames(), key)
    live_line(_("the workbench's feed; your own connection is below"))
    hint = _("Send a message or connect. Frames in both directions appear here.")
    if is_template_outdated() or not editor_state.is_drawn():
        st.rerun()  # draws the editor, which is outside of this fragment
    middle, right = st.columns([568, 292], gap="xsmall")
    with middle, st.container(key="stack-connection", gap="xsmall"):
        connection_card.draw(sending)
        shown, words = panes.draw_frames(
            shown, key, (_("No frames yet"), hint), sending.tracker, connection=sending
        )
    with right:
        answered = frame_filter.with_requests(shown, sending.tracker)
        lane = Lane(short_label(key), answered, sending.tracker.notes)
        frame_panes.draw_sequence(lane, lambda: draw_other_client(shown, words))


def is_template_outdated() -> bool:
    """Return whether the editor has a template that nobody has changed, with outdated values.

    While messages arrive, the position to recover from changes with each: it has time until the
    connection is closed.
    """
    if sending.raw.is_open and editor_state.selected_template() == templates.RECOVER:
        return False
    text = st.session_state.get(console_draft.EDITOR_TEXT, "")
    return editor_state.is_outdated(text, tab_resources.template_values(sending))


def short_label(persona_key: str) -> str:
    """Return a persona's name without its role."""
    return sidebar.persona_label(persona_key).partition(" · ")[0]


def other_clients() -> dict[str, ConsoleConnection]:
    """Return this tab's connections of other personas, by persona."""
    opened = tab().console.opened_personas
    return {
        key: tab_resources.console_connection(sidebar.persona(key))
        for key in opened
        if key != sidebar.persona_key()
    }


def draw_other_client(own: tuple[RecordedFrame, ...], words: str) -> Lane | None:
    """Draw the choice of a second client in the sequence; return its frames.

    Those that the filter's words leave, and of its events only those that ``own`` frames have
    too, by their type: the staff's channel has many others.
    """
    others = other_clients()
    if not others:
        return None
    chosen = st.selectbox(
        _("Second client"),
        [ONLY_THIS, *others],
        key=tab().widget_key(OTHER_CLIENT_KEY),
        format_func=lambda key: (
            _("with {client}").format(client=sidebar.persona_label(key))
            if key
            else _("this client")
        ),
        label_visibility="collapsed",
    )
    if not chosen:
        return None
    connection, types = others[chosen], {frame.type for frame in own}
    frames = [each for each in connection.frames() if not each.is_event or each.type in types]
    shown = frame_filter.filter_frames(frames, connection.tracker, words)
    answered = frame_filter.with_requests(shown, connection.tracker)
    return Lane(short_label(chosen), answered, connection.tracker.notes)


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
    tracker = ConnectionTracker.of(shown)
    left, middle, right = st.columns([576, 376, 238], gap="xsmall")
    with left:
        conformance_table.draw_cases(results)
    with middle:
        answer = result.answer if result else None
        panes.draw_frames(shown, name, conformance_table.hint(results, name), tracker, answer)
    with right:
        frame_panes.draw_sequence(Lane(_("test client"), shown, tracker.notes))


console_draft.take_from_url()
sending = tab_resources.console_connection(sidebar.current_persona())
if tab().console.template_persona not in ("", sidebar.persona_key()):
    panes.clear_filter()
tab().console.opened_personas[sidebar.persona_key()] = None
if not sending.raw.recorder.frames():
    sending.open()
live_line = page_frame.header(_("Console"))
if editor.selected_mode() == editor.CONFORMANCE_MODE:
    page_frame.redraw_periodically("console", draw_tests)
else:
    left, rest = st.columns([320, 867], gap="xsmall")
    with left:
        editor.draw_editor(sending, sidebar.persona_key())
    with rest:
        page_frame.redraw_periodically("console", draw_connection)
