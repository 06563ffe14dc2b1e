"""The frames of a connection, one of them whole, and their sequence."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from client.recorded_frames import RecordedFrame
from dashboard.i18n.translate import _, ngettext
from dashboard.tab_session import tab
from dashboard.ui import formatting, newest_button, tables, theme, url_select
from dashboard.ui.frozen_list import FrozenList
from dashboard.ui.tables import Column
from dashboard.views.console import (
    access_answer,
    frame_filter,
    frame_text,
    order_notes,
    sequence_diagram,
)
from dashboard.views.console.connection_tracker import ConnectionTracker
from dashboard.views.console.frame_text import explain
from dashboard.views.console.sequence_diagram import Lane
from dashboard.views.console.tab_resources import ConsoleConnection

MAX_ROWS = 200
PAGE, FILTER_PARAM = "console", "frames"  # where the filter is kept in the URL
_from_top = st.components.v2.component(
    "frame-pane",
    js=Path(__file__).with_name("frame_pane.js").read_text(),
    isolate_styles=False,
)


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
            _("Events"), value=True, key="events", help=_("Include unsolicited messages")
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
    and less room: the list has no times and channels.  Returns the frames that the toolbar's
    filters leave, and the filter's words.
    """
    frame_rows, left, words = frame_list(owner), frames, ""
    size: theme.CardSize = "even" if connection else "pane"
    with theme.card("frames", _("Frames"), None, size=size) as draw_head:
        if connection:
            left, words = draw_toolbar(connection, frames, frame_rows)
        draw_head(_legend(len(left), len(frames)))
        shown = frame_rows.rows(left[::-1])
        one = frame_rows.selected or default_frame
        if not frames:
            theme.draw_empty_state("swap_vert", *hint)
        else:
            _draw_table(frame_rows, shown, owner, one, tracker, connection is not None, words)
            # Always there, so that selecting a frame moves nothing.
            with st.container(key="frame", height="stretch", border=False, gap="xsmall"):
                if shown or one:
                    _draw_detail(one, tracker, connection)
                    _from_top(key="frame-pane", data={"frame": f"{owner} {one.seq if one else ''}"})
                else:
                    st.caption(formatting.escape_markdown(_no_match_text(words)))
    return left, words


def _no_match_text(words: str) -> str:
    if not words.strip():
        return _("All frames are events: switch the events on.")
    text = _("No frame matches “{words}”. Clear the filter, or switch the events on.")
    return text.format(words=words)


def _legend(shown: int, total: int) -> str:
    """Return the card's legend: what colours mean, and how many frames are shown."""
    if shown == total:
        words = ngettext("{count} frame", "{count} frames", total)
        text = words.format(count=formatting.format_number(total))
    else:
        words = _("{shown} of {total} frames")
        text = words.format(
            shown=formatting.format_number(shown), total=formatting.format_number(total)
        )
    return (
        formatting.dot_html(_("sent"), "accent")
        + formatting.dot_html(_("refused"), "bad")
        + f"<span>{html.escape(text)}</span>"
    )


def _draw_table(
    frame_rows: FrozenList[RecordedFrame],
    frames: tuple[RecordedFrame, ...],
    owner: str,
    selected: RecordedFrame | None,
    tracker: ConnectionTracker,
    has_room: bool,
    words: str,
) -> None:
    where = formatting.viewer_timezone()
    newest = frames[:MAX_ROWS]
    notes = {frame.seq: tracker.notes(frame.seq) for frame in newest}

    def round_trip(frame: RecordedFrame) -> str:
        match = notes[frame.seq].match
        return (
            formatting.format_round_trip(match.seconds)
            if match and match.other_seq < frame.seq
            else ""
        )

    def content(frame: RecordedFrame) -> str:
        marks = frame_text.marks(notes[frame.seq].origin, _)
        return " · ".join(filter(None, (marks, frame_text.one_line(frame))))

    columns: dict[str, Column[RecordedFrame]] = {
        "#": tables.text_column(34, lambda f: str(f.seq)),
        "⇅": tables.text_column(24, lambda f: "↑" if f.is_sent else "↓"),
    }
    if has_room:
        columns[_("Time")] = tables.text_column(
            86, lambda f: formatting.format_time(f.at, millis=True, timezone=where)
        )
    columns[_("Type")] = Column(
        "chip",
        120 if has_room else 104,
        lambda f: [frame_text.frame_tone(f, notes[f.seq].origin), f.label],
    )
    if has_room:
        columns[_("Channel")] = tables.chips_column(
            76,
            lambda f: frame_text.channel_kind(notes[f.seq].origin),
            theme.KIND_TONES,
            _("The kind of the channel on which an event came"),
        )
    columns[_("Content")] = tables.text_column(
        110,
        content,
        _("↻: replayed, published before the subscription. “Same as 6”: frame 6 is this event."),
        grows=True,
    )
    columns[_("Round trip")] = tables.right_aligned_column(70, round_trip)
    tables.draw_table(
        newest,
        columns,
        f"frames-{owner}",
        row_id=lambda f: str(f.seq),
        selected=str(selected.seq) if selected else "",
        frozen=frame_rows,
        scope=words,
        alt=_("Frames"),
    )


def _draw_detail(
    frame: RecordedFrame | None, tracker: ConnectionTracker, connection: ConsoleConnection | None
) -> None:
    if frame is None:
        st.caption(_("Select a frame to see its content and meaning."))
        return
    size = ngettext("{count} byte", "{count} bytes", frame.size)
    aside = size.format(count=formatting.format_number(frame.size)) if frame.size else ""
    st.html(
        formatting.split_row_html(f"<b>#{frame.seq} {html.escape(frame.label)}</b>", aside, "quiet")
    )
    notes = tracker.notes(frame.seq)
    words = explain(
        frame,
        notes,
        formatting.format_round_trip,
        _,
        lambda seq: tracker.notes(seq).origin,
    )
    st.caption(formatting.markdown_with_code(words))
    if connection:
        access_answer.draw(frame, notes, repr(connection.persona))
        named = [each.json_body for each in (frame, notes.request) if each is not None]
        if note := order_notes.order_note(named, connection.persona):
            st.caption(formatting.escape_markdown(note))
    if frame.text:
        st.code(frame_text.pretty_json(frame), "json", wrap_lines=True)


def draw_sequence(lane: Lane, draw_choice: Callable[[], Lane | None] = lambda: None) -> None:
    """Draw the sequence of the last frames; it follows the newest.

    ``draw_choice`` draws the choice of a second client and returns it.
    """
    count = min(len(lane.frames), sequence_diagram.MAX_FRAMES)
    aside = ""
    if lane.frames:
        aside = ngettext("last {count} frame", "last {count} frames", count).format(count=count)
    hint = html.escape(_("Requests go to the right, replies and events to the left."))
    with theme.card("sequence", _("Sequence"), aside, size="pane"):
        other = draw_choice()
        with st.container(height="stretch", border=False, key="sequence-diagram"):
            # Always one element: a second one would stay on the page until the next full run.
            diagram = sequence_diagram.render_diagram(lane, _("server"), other)
            has_frames = lane.frames or (other is not None and other.frames)
            st.html(diagram if has_frames else f'<div class="quiet">{hint}</div>')
