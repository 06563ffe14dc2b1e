"""The last frames as arrows between a client and the server, as HTML.

Time runs down; at the left the pause before a frame, at the right what a reply took.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from client.recorded_frames import FrameKind, FrameMatch, RecordedFrame
from dashboard.ui.formatting import format_duration, format_round_trip, split_row_html
from dashboard.views.console.frame_text import frame_tone

MAX_FRAMES = 30
MIN_PAUSE_S = 1.0  # shorter pauses are not shown


def render_diagram(
    frames: Sequence[RecordedFrame], matches: Mapping[int, FrameMatch], client: str, server: str
) -> str:
    """Draw the last ``MAX_FRAMES`` frames, oldest first, between the two names."""
    lines, earlier = "", None
    for frame in frames[-MAX_FRAMES:]:
        pause = frame.at - earlier if earlier is not None else 0.0
        match = matches.get(frame.seq)
        took = format_round_trip(match.seconds) if match and match.other_seq < frame.seq else ""
        before = f"+{format_duration(pause)}" if pause >= MIN_PAUSE_S else ""
        lines += f"<span>{before}</span>{_render_arrow(frame)}<span>{took}</span>"
        earlier = frame.at
    ends = split_row_html(f"<b>{html.escape(client)}</b>", f"<b>{html.escape(server)}</b>")
    return f'<div class="wire"><b></b>{ends}<b></b>{lines}</div>'


def _render_arrow(frame: RecordedFrame) -> str:
    way = "up" if frame.is_sent else "down"
    over_http = " http" if frame.kind in (FrameKind.HTTP_REQUEST, FrameKind.HTTP_RESPONSE) else ""
    label = html.escape(frame.label)
    id = f' <span class="quiet">{html.escape(frame.id)}</span>' if frame.id else ""
    return f'<div class="{way} {frame_tone(frame)}{over_http}">{label}{id}<i></i></div>'
