"""The frames of a connection, one of them whole, and their sequence."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from msgspec import Struct

from client.recorded_frames import RecordedFrame
from dashboard.frames import frame_text, sequence_diagram
from dashboard.frames.connection_tracker import ConnectionTracker, FrameNotes
from dashboard.frames.frame_text import explain
from dashboard.frames.sequence_diagram import Divider, Lane
from dashboard.i18n.translate import _, ngettext
from dashboard.ui import formatting, tables, theme
from dashboard.ui.frozen_list import FrozenList
from dashboard.ui.tables import Column

MAX_ROWS = 200
DrawNotes = Callable[[RecordedFrame, FrameNotes], None]
_from_top = st.components.v2.component(
    "frame-pane",
    js=Path(__file__).with_name("frame_pane.js").read_text(),
    isolate_styles=False,
)


class FrameList(Struct, frozen=True):
    """A list of frames: its key, its rows, what is known of them, and what to say without any.

    ``hint`` is a title and a text; ``default_frame`` is shown in detail if none is selected.
    ``has_personas``: the connection is that of the sidebar's persona.
    """

    owner: str
    rows: FrozenList[RecordedFrame]
    tracker: ConnectionTracker
    hint: tuple[str, str]
    default_frame: RecordedFrame | None = None
    has_personas: bool = True


def draw_frames(
    frames: tuple[RecordedFrame, ...],
    listed: FrameList,
    *,
    size: theme.CardSize = "pane",
    has_room: bool = False,
    draw_toolbar: Callable[[], tuple[tuple[RecordedFrame, ...], str]] | None = None,
    draw_notes: DrawNotes | None = None,
) -> tuple[tuple[RecordedFrame, ...], str]:
    """Draw the frames, newest first, and below them the selected one in detail.

    Without ``has_room``, the list has no times and channels, and of the selected frame the content
    comes before its meaning, which may have to be scrolled to.  ``draw_toolbar`` returns the frames
    to list and the words that they were filtered by; this is returned.  ``draw_notes`` draws what
    else is to be said of the frame in detail.
    """
    left, words = frames, ""
    with theme.card("frames", _("Frames"), None, size=size) as draw_head:
        if draw_toolbar:
            left, words = draw_toolbar()
        draw_head(_legend(len(left), len(frames)))
        shown = listed.rows.rows(left[::-1])
        one = listed.rows.selected or listed.default_frame
        if not frames:
            theme.draw_empty_state("swap_vert", *listed.hint)
        else:
            _draw_table(listed, shown, one, has_room, words)
            # Always there, so that selecting a frame moves nothing.
            with st.container(key="frame", height="stretch", border=False, gap="xsmall"):
                if shown or one:
                    _draw_detail(one, listed, has_room, draw_notes)
                    seq = one.seq if one else ""
                    _from_top(key="frame-pane", data={"frame": f"{listed.owner} {seq}"})
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
    listed: FrameList,
    frames: tuple[RecordedFrame, ...],
    selected: RecordedFrame | None,
    has_room: bool,
    words: str,
) -> None:
    where, tracker = formatting.viewer_timezone(), listed.tracker
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
        marks = frame_text.marks(frame.seq, notes[frame.seq].origin, _)
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
        f"frames-{listed.owner}",
        row_id=lambda f: str(f.seq),
        selected=str(selected.seq) if selected else "",
        frozen=listed.rows,
        scope=words,
        alt=_("Frames"),
    )


def _draw_detail(
    frame: RecordedFrame | None,
    listed: FrameList,
    has_room: bool,
    draw_notes: DrawNotes | None,
) -> None:
    if frame is None:
        st.caption(_("Select a frame to see its content and meaning."))
        return
    size = ngettext("{count} byte", "{count} bytes", frame.size)
    aside = size.format(count=formatting.format_number(frame.size)) if frame.size else ""
    st.html(
        formatting.split_row_html(f"<b>#{frame.seq} {html.escape(frame.label)}</b>", aside, "quiet")
    )
    if frame.text and not has_room:
        st.code(frame_text.pretty_json(frame), "json", wrap_lines=True)
    tracker = listed.tracker
    notes = tracker.notes(frame.seq)
    words = explain(
        frame,
        notes,
        formatting.format_round_trip,
        _,
        lambda seq: tracker.notes(seq).origin,
        has_personas=listed.has_personas,
    )
    st.caption(formatting.markdown_with_code(words))
    if draw_notes:
        draw_notes(frame, notes)
    if frame.text and has_room:
        st.code(frame_text.pretty_json(frame), "json", wrap_lines=True)


def draw_sequence(
    lane: Lane,
    draw_choice: Callable[[], Lane | None] = lambda: None,
    divider: Divider | None = None,
) -> None:
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
            diagram = sequence_diagram.render_diagram(lane, _("server"), other, divider)
            has_frames = lane.frames or (other is not None and other.frames)
            st.html(diagram if has_frames else f'<div class="quiet">{hint}</div>')
