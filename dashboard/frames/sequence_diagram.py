"""The last frames as arrows between one or two clients and the server, as HTML.

Time runs down; at the left the pause before a frame, with one client also what a reply took at
the right.  The arrow of an event has the colour of its channel's kind.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from client.recorded_frames import FrameKind, RecordedFrame
from dashboard.frames.connection_tracker import FrameNotes
from dashboard.frames.event_origins import ReplayReason
from dashboard.frames.frame_text import REPLAYED_MARK, frame_tone
from dashboard.ui import glossary
from dashboard.ui.formatting import dot_html, format_duration, format_round_trip, split_row_html

MAX_FRAMES = 30
MIN_PAUSE_S = 1.0  # shorter pauses are not shown
KINDS = ("user", "order", "tenant", "public", "monitor")


class Lane(Struct, frozen=True):
    """A client's frames and what is known of each, by its ``seq``."""

    client: str
    frames: Sequence[RecordedFrame]
    notes: Callable[[int], FrameNotes]


def render_diagram(lane: Lane, server: str, other: Lane | None = None) -> str:
    """Draw the last ``MAX_FRAMES`` frames, oldest first, between the clients and the server."""
    lanes = (lane,) if other is None else (lane, other)
    rows = [(each, frame) for each in lanes for frame in each.frames[-MAX_FRAMES:]]
    rows.sort(key=lambda row: row[1].at)
    rows = rows[-MAX_FRAMES:]
    lines, earlier = "", None
    for each, frame in rows:
        pause = frame.at - earlier if earlier is not None else 0.0
        before = f"+{format_duration(pause)}" if pause >= MIN_PAUSE_S else ""
        lines += f"<span>{before}</span>"
        notes = each.notes(frame.seq)
        if other is None:
            lines += f"{_render_arrow(frame, notes)}<span>{_round_trip(frame, notes)}</span>"
        elif each is lane:
            lines += f'{_render_arrow(frame, notes)}<div class="idle"></div>'
        else:
            lines += f'<div class="idle"></div>{_render_arrow(frame, notes, at_right=True)}'
        earlier = frame.at
    return f"{_render_legend(rows)}{_render_head(lane, server, other)}{lines}</div>"


def _round_trip(frame: RecordedFrame, notes: FrameNotes) -> str:
    match = notes.match
    return format_round_trip(match.seconds) if match and match.other_seq < frame.seq else ""


def _render_head(lane: Lane, server: str, other: Lane | None) -> str:
    names = [f"<b>{html.escape(name)}</b>" for name in (lane.client, server)]
    if other is None:
        return f'<div class="wire"><b></b>{split_row_html(*names)}<b></b>'
    right = split_row_html(names[1], f"<b>{html.escape(other.client)}</b>")
    return f'<div class="wire both"><b></b>{split_row_html(names[0], "")}{right}'


def _render_legend(rows: Sequence[tuple[Lane, RecordedFrame]]) -> str:
    """Draw the kinds of channels on which events came."""
    shown = set(_kinds(rows))
    entries = "".join(
        dot_html(f"{kind}:", kind, glossary.kind_explanation(kind))
        for kind in KINDS
        if kind in shown
    )
    return f'<div class="row quiet">{entries}</div>' if entries else ""


def _kinds(rows: Sequence[tuple[Lane, RecordedFrame]]) -> Iterator[str]:
    for lane, frame in rows:
        if (origin := lane.notes(frame.seq).origin) is not None:
            yield origin.kind


def _render_arrow(frame: RecordedFrame, notes: FrameNotes, at_right: bool = False) -> str:
    """Draw one arrow; a client at the right sends to the left."""
    origin = notes.origin
    classes = ["up" if frame.is_sent != at_right else "down", frame_tone(frame, origin)]
    if frame.kind in (FrameKind.HTTP_REQUEST, FrameKind.HTTP_RESPONSE):
        classes.append("http")
    label = html.escape(frame.label)
    if frame.id:
        label += f' <span class="quiet">{html.escape(frame.id)}</span>'
    if origin is not None and origin.replay is not ReplayReason.NONE:
        classes.append("replayed")
        label += f' <span class="quiet">{REPLAYED_MARK}</span>'
    return f'<div class="{" ".join(classes)}">{label}<i></i></div>'
