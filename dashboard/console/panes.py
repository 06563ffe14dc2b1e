"""The frames of a connection, one of them whole, and their sequence."""

from __future__ import annotations

import html
import time
from collections.abc import Mapping, Sequence

import streamlit as st
from msgspec import Struct

from dashboard import look, marks, tables
from dashboard.console import contents, frames, sequence
from dashboard.console.explanations import explain
from dashboard.console.frames import FrameMatch, RecordedFrame
from dashboard.console.tab import ConsoleConnection
from dashboard.tables import Column
from dashboard.words import _, ngettext

MAX_ROWS = 200
DETAIL_HEIGHT = 196  # px, always there, so that choosing a frame moves nothing
SHOW_EVENTS_KEY = "events"  # in the session: whether they are shown
SELECTION_KEY = "console_frame"  # in the session: a Picked, if there is one
TABLE_VERSION_KEY, RELEASED_AT_KEY = (
    "console_version",
    "console_jumped",
)  # of the list, and when it was let go
SELECTION_ECHO_S = 1.5  # in which a remounted table may report the selection of the one before


class FrameSelection(Struct, frozen=True):
    """The selected frame, and the list as it was then."""

    owner: str
    frame: RecordedFrame
    frames: tuple[RecordedFrame, ...]


def selection(whose: str) -> FrameSelection | None:
    """Return what was chosen of somebody's frames."""
    chosen: FrameSelection | None = st.session_state.get(SELECTION_KEY)
    return chosen if chosen and chosen.owner == whose else None


def clear_selection() -> None:
    """Clear the selection, so that the list updates again."""
    state = st.session_state
    state.pop(SELECTION_KEY, None)
    state[TABLE_VERSION_KEY], state[RELEASED_AT_KEY] = (
        state.get(TABLE_VERSION_KEY, 0) + 1,
        time.monotonic(),
    )


def draw_toolbar(
    sending: ConsoleConnection, shown: Sequence[RecordedFrame], chosen: FrameSelection | None
) -> None:
    """Draw the toolbar: connect or disconnect, clear, jump to the newest."""
    is_open = sending.raw.is_open
    fresh = sum(frame.seq > chosen.frames[-1].seq for frame in shown) if chosen else 0
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            _("Disconnect") if is_open else _("Connect"),
            key="connect",
            icon=":material/link_off:" if is_open else ":material/link:",
            on_click=sending.raw.close if is_open else sending.open,
            width=132,
        )
        st.button(_("Clear"), key="clear", icon=":material/mop:", on_click=_clear, args=(sending,))
        st.button(
            _("{count} new").format(count=marks.format_number(fresh)) if chosen else _("Newest"),
            key="newest",
            icon=":material/vertical_align_top:",
            type="primary" if chosen else "secondary",
            disabled=not chosen,
            on_click=clear_selection,
            width=112,
        )
        st.toggle(
            _("Events"), value=True, key=SHOW_EVENTS_KEY, help=_("Include unsolicited messages")
        )


def _clear(sending: ConsoleConnection) -> None:
    sending.raw.recorder.clear()
    clear_selection()


def draw_frames(
    live: tuple[RecordedFrame, ...],
    whose: str,
    hint: tuple[str, str],
    answer: RecordedFrame | None = None,
    sending: ConsoleConnection | None = None,
) -> None:
    """Draw somebody's frames, newest first, and one of them whole below.

    That is the chosen one, or else ``answer``.  Without ``sending``, what they are sent on,
    there is less room: the list does without times and ids.
    """
    chosen = selection(whose)
    shown = chosen.frames if chosen else live
    one = chosen.frame if chosen else answer
    count = ngettext("{count} frame", "{count} frames", len(live))
    legend = (
        marks.dot_html(_("sent"), "accent")
        + marks.dot_html(_("refused"), "bad")
        + f"<span>{html.escape(count.format(count=marks.format_number(len(live))))}</span>"
    )
    with look.card("frames", _("Frames"), legend, size="pane"):
        if sending:
            draw_toolbar(sending, live, chosen)
        if not shown:
            return look.draw_empty_state("swap_vert", *hint)
        matches = frames.match_replies(shown)
        _draw_table(shown, whose, one, matches, has_room=sending is not None)
        with st.container(key="frame", height=DETAIL_HEIGHT, border=False, gap="xsmall"):
            _draw_detail(one, matches)


def _draw_table(
    shown: tuple[RecordedFrame, ...],
    whose: str,
    one: RecordedFrame | None,
    matches: Mapping[int, FrameMatch],
    has_room: bool,
) -> None:
    where = marks.viewer_timezone()
    newest = shown[: -MAX_ROWS - 1 : -1]

    def choose(frame: RecordedFrame | None) -> None:
        if (
            frame
            and time.monotonic() - st.session_state.get(RELEASED_AT_KEY, 0.0) > SELECTION_ECHO_S
        ):
            st.session_state[SELECTION_KEY] = FrameSelection(whose, frame, shown)

    def took(frame: RecordedFrame) -> str:
        match = matches.get(frame.seq)
        return (
            sequence.format_round_trip(match.seconds)
            if match and match.other_seq < frame.seq
            else ""
        )

    columns: dict[str, Column[RecordedFrame]] = {
        "": tables.text_column(22, lambda f: "▶" if one and f.seq == one.seq else ""),
        "#": tables.text_column(34, lambda f: str(f.seq)),
        "⇅": tables.text_column(24, lambda f: "↑" if f.is_sent else "↓"),
    }
    if has_room:
        columns[_("Time")] = tables.text_column(
            86, lambda f: marks.format_time(f.at, millis=True, where=where)
        )
    columns[_("Type")] = tables.chips_column(
        126 if has_room else 104, lambda f: f.label, {f.label: f.tone for f in newest}
    )
    if has_room:
        columns["id"] = tables.text_column(38, lambda f: f.id or "")
    columns[_("Content")] = tables.text_column(132 if has_room else 104, contents.one_line)
    columns[_("Round trip")] = tables.right_aligned_column(70, took)
    key = f"frames-{whose}-{st.session_state.get(TABLE_VERSION_KEY, 0)}"
    tables.draw_table(newest, columns, key, picked=choose, alt=_("Frames"))


def _draw_detail(frame: RecordedFrame | None, matches: Mapping[int, FrameMatch]) -> None:
    if frame is None:
        st.caption(_("Select a frame to see its content and meaning."))
        return
    size = ngettext("{count} byte", "{count} bytes", frame.size)
    aside = size.format(count=marks.format_number(frame.size)) if frame.size else ""
    st.html(marks.split_row_html(f"<b>#{frame.seq} {html.escape(frame.label)}</b>", aside, "quiet"))
    st.caption(marks.escape_markdown(explain(frame, matches.get(frame.seq), _)))
    if frame.text:
        st.code(contents.pretty_json(frame), "json", wrap_lines=True)


def draw_sequence(shown: Sequence[RecordedFrame], client: str) -> None:
    """Draw the sequence of the last frames; it follows the newest."""
    count = min(len(shown), sequence.MAX_FRAMES)
    aside = ngettext("last {count} frame", "last {count} frames", count).format(count=count)
    hint = html.escape(_("Requests go to the right, replies and events to the left."))
    with (
        look.card("sequence", _("Sequence"), aside, size="pane"),
        st.container(height="stretch", border=False, autoscroll=True, key="sequence-diagram"),
    ):
        # Always one element: a second one would stay on the page until the next full run.
        diagram = sequence.render_diagram(shown, frames.match_replies(shown), client, _("server"))
        st.html(diagram if shown else f'<div class="quiet">{hint}</div>')
