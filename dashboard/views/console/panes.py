"""The frames of a persona's connection or of a test: their toolbar, and notes on one of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from client.recorded_frames import RecordedFrame
from dashboard.frames import frame_panes
from dashboard.frames.connection_tracker import ConnectionTracker, FrameNotes
from dashboard.i18n.translate import _, ngettext
from dashboard.tab_session import tab
from dashboard.ui import formatting, newest_button, url_select
from dashboard.ui.frozen_list import FrozenList
from dashboard.views.console import access_answer, frame_filter, order_notes
from dashboard.views.console.tab_resources import ConsoleConnection

PAGE, FILTER_PARAM = "console", "frames"  # where the filter is kept in the URL


def frame_list(owner: str) -> FrozenList[RecordedFrame]:
    """Return the list of a persona's or a test's frames."""
    return tab().console.frame_lists.setdefault(owner, FrozenList())


def clear_selection() -> None:
    """Clear the selection of every list, so that the lists update again."""
    for frames in tab().console.frame_lists.values():
        frames.release()
        frames.selected = None


def clear_filter() -> None:
    """Clear the filter, which was for another persona's frames; before the toolbar is drawn."""
    url_select.set_search(PAGE, FILTER_PARAM, "")


def draw_toolbar(
    connection: ConsoleConnection,
    live: Sequence[RecordedFrame],
    frames: FrozenList[RecordedFrame],
) -> tuple[tuple[RecordedFrame, ...], str]:
    """Draw the toolbar: clear, jump to the newest, filter, show events, stop the repetition.

    Returns the frames that the filter and the switch leave, and the filter's words.
    """
    label = _("Type, channel or id")
    with st.container(horizontal=True, gap="xsmall", key="frames-toolbar"):
        st.button(
            _("Clear"), key="clear", icon=":material/mop:", on_click=_clear, args=(connection,)
        )
        place_of_newest = st.container(width="content")
        words = url_select.search_input(
            PAGE,
            FILTER_PARAM,
            label,
            placeholder=label,
            on_change=clear_selection,
            width=140,
        )
        show_events = st.toggle(
            _("Events"),
            value=True,
            key=tab().widget_key("events"),
            help=_("Include unsolicited messages"),
        )
        if connection.repeater.is_running:
            _draw_repetition(connection)
    filtered = frame_filter.filter_frames(live, connection.tracker, words)
    shown = tuple(each for each in filtered if show_events or not each.is_event)
    new_count = frames.new_count(shown, lambda frame: frame.seq)
    with place_of_newest:
        newest_button.draw(
            "newest",
            formatting.format_number(new_count),
            frames.is_frozen,
            clear_selection,
            width=112,
        )
    return shown, words


def _draw_repetition(connection: ConsoleConnection) -> None:
    repeater = connection.repeater
    words = ngettext("sent {count} time", "sent {count} times", repeater.count)
    st.button(
        _("Stop repeating"),
        key="repeat-stop",
        icon=":material/stop:",
        on_click=repeater.stop,
    )
    st.caption(words.format(count=formatting.format_number(repeater.count)), width="content")


def _clear(connection: ConsoleConnection) -> None:
    connection.raw.recorder.clear()
    clear_selection()


def draw_frames(
    frames: tuple[RecordedFrame, ...],
    owner: str,
    hint: tuple[str, str],
    tracker: ConnectionTracker,
    default_frame: RecordedFrame | None = None,
    connection: ConsoleConnection | None = None,
) -> tuple[tuple[RecordedFrame, ...], str]:
    """Draw the frames, newest first, and below them the selected one in detail.

    ``default_frame`` is shown if none is selected.  Without a ``connection``, there is no toolbar
    and less room.  Returns the frames that the toolbar's filters leave, and the filter's words.
    """
    rows = frame_list(owner)
    listed = frame_panes.FrameList(owner, rows, tracker, hint, default_frame)
    if connection is None:
        return frame_panes.draw_frames(frames, listed)

    def draw_notes(frame: RecordedFrame, notes: FrameNotes) -> None:
        access_answer.draw(frame, notes, repr(connection.persona))
        named = [each.json_body for each in (frame, notes.request) if each is not None]
        if note := order_notes.order_note(named, connection.persona):
            st.caption(formatting.escape_markdown(note))

    return frame_panes.draw_frames(
        frames,
        listed,
        size="even",
        has_room=True,
        draw_toolbar=lambda: draw_toolbar(connection, frames, rows),
        draw_notes=draw_notes,
    )
