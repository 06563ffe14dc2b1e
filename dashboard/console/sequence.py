"""The last frames as arrows between a client and the server.  Pure; writes HTML.

Time runs down; at the left the pause before a frame, at the right what a reply took.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from dashboard.console.frames import Frame, Kind, Match
from dashboard.marks import number, pair, span
from dashboard.words import _

FRAMES = 30
PAUSE_S = 1.0  # shorter ones are not told: they are the conversation's own pace


def round_trip(seconds: float) -> str:
    """Say how long a reply took: 0.4 ms, 12 ms, 1.2 s."""
    if seconds >= 1:
        return _("{count} s").format(count=number(seconds, 1))
    return _("{count} ms").format(count=number(seconds * 1000, 1 if seconds < 0.01 else 0))


def diagram(frames: Sequence[Frame], matches: Mapping[int, Match], client: str, server: str) -> str:
    """Draw the last ``FRAMES`` frames, oldest first, between the two names."""
    lines, earlier = "", None
    for frame in frames[-FRAMES:]:
        pause = frame.at - earlier if earlier is not None else 0.0
        match = matches.get(frame.seq)
        took = round_trip(match.seconds) if match and match.other < frame.seq else ""
        before = f"+{span(pause)}" if pause >= PAUSE_S else ""
        lines += f"<span>{before}</span>{_arrow(frame)}<span>{took}</span>"
        earlier = frame.at
    ends = pair(f"<b>{html.escape(client)}</b>", f"<b>{html.escape(server)}</b>")
    return f'<div class="wire"><b></b>{ends}<b></b>{lines}</div>'


def _arrow(frame: Frame) -> str:
    way = "up" if frame.sent else "down"
    over_http = " http" if frame.kind in (Kind.POST, Kind.ANSWER) else ""
    told = html.escape(frame.label)
    id = f' <span class="quiet">{html.escape(frame.id)}</span>' if frame.id else ""
    return f'<div class="{way} {frame.tone}{over_http}">{told}{id}<i></i></div>'
