"""The last frames as arrows between one or two clients and the server, as HTML.

Time runs down; at the left the pause before a frame, with one client also what a reply took at
the right.  The arrow of an event has the colour of its channel's kind.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence, Set

from msgspec import Struct

from client.recorded_frames import FrameKind, RecordedFrame
from dashboard.frames import frame_text
from dashboard.frames.connection_tracker import FrameNotes
from dashboard.frames.event_origins import ReplayReason
from dashboard.ui import glossary
from dashboard.ui.formatting import dot_html, format_duration, format_round_trip, split_row_html

MAX_FRAMES = 30
MIN_PAUSE_S = 1.0  # shorter pauses are not shown
KINDS = ("user", "order", "tenant", "public", "monitor")


class Lane(Struct, frozen=True):
    """A client's frames and what is known of each, by its ``seq``.

    ``marked`` are frames with a ground of their own.
    """

    client: str
    frames: Sequence[RecordedFrame]
    notes: Callable[[int], FrameNotes]
    marked: Set[int] = frozenset()


class Divider(Struct, frozen=True):
    """A line across the diagram before the first frame from a time on, with a text."""

    at: float
    text: str


def render_diagram(
    lane: Lane, server: str, other: Lane | None = None, divider: Divider | None = None
) -> str:
    """Draw the last ``MAX_FRAMES`` frames, oldest first, between the clients and the server."""
    lanes = (lane,) if other is None else (lane, other)
    rows = [(each, frame) for each in lanes for frame in each.frames[-MAX_FRAMES:]]
    rows.sort(key=lambda row: row[1].at)
    rows = rows[-MAX_FRAMES:]
    lines, earlier = "", None
    for each, frame in rows:
        if divider is not None and frame.at >= divider.at > (earlier or 0.0):
            lines += _render_divider(divider, other is not None)
        pause = frame.at - earlier if earlier is not None else 0.0
        before = f"+{format_duration(pause)}" if pause >= MIN_PAUSE_S else ""
        lines += f"<span>{before}</span>"
        notes = each.notes(frame.seq)
        arrow = _render_arrow(
            frame, notes, at_right=each is other, is_marked=frame.seq in each.marked
        )
        if other is None:
            lines += f"{arrow}<span>{_round_trip(frame, notes)}</span>"
        elif each is lane:
            lines += f'{arrow}<div class="idle"></div>'
        else:
            lines += f'<div class="idle"></div>{arrow}'
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
    """Draw the kinds of channels on which events came; it has its place without any, too."""
    shown = set(_kinds(rows))
    entries = "".join(
        dot_html(f"{kind}:", kind, glossary.kind_explanation(kind))
        for kind in KINDS
        if kind in shown
    )
    return f'<div class="row quiet legend">{entries}</div>'


def _kinds(rows: Sequence[tuple[Lane, RecordedFrame]]) -> Iterator[str]:
    for lane, frame in rows:
        if (origin := lane.notes(frame.seq).origin) is not None:
            yield origin.kind


def _render_divider(divider: Divider, has_other: bool) -> str:
    text = f'<div class="divider">{html.escape(divider.text)}</div>'
    # Three elements, as in every row; of two clients, the line is as wide as both.
    return f"<span></span>{text}" + ("<span hidden></span>" if has_other else "<span></span>")


def _render_arrow(
    frame: RecordedFrame, notes: FrameNotes, *, at_right: bool = False, is_marked: bool = False
) -> str:
    """Draw one arrow; a client at the right sends to the left."""
    origin = notes.origin
    classes = ["up" if frame.is_sent != at_right else "down", frame_text.frame_tone(frame, origin)]
    if frame.kind in (FrameKind.HTTP_REQUEST, FrameKind.HTTP_RESPONSE):
        classes.append("http")
    if is_marked:
        classes.append("marked")
    label = html.escape(frame.label)
    if id := frame_text.id_text(frame):
        label += f' <span class="quiet">{html.escape(id, quote=False)}</span>'
    if origin is not None and origin.replay is not ReplayReason.NONE:
        classes.append("replayed")
        label += f' <span class="quiet">{frame_text.REPLAYED_MARK}</span>'
    return f'<div class="{" ".join(classes)}">{label}<i></i></div>'
