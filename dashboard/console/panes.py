"""The frames of a connection, one of them whole, and their sequence."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from dashboard import look, marks, tables
from dashboard.console import frames, sequence
from dashboard.console.explanations import explain
from dashboard.console.frames import Frame, Match
from dashboard.console.tab import Sending
from dashboard.tables import Column
from dashboard.words import _, ngettext

SHOWN = 200
DETAIL = 196  # px, always there, so that choosing a frame moves nothing
EVENTS = "events"  # in the session: whether they are shown
PICKED = "console_frame"  # in the session: whose conversation, and which frame of it


def picked(whose: str, shown: Sequence[Frame], otherwise: Frame | None = None) -> Frame | None:
    """Return the frame that was chosen of somebody's, as long as it is kept."""
    of, frame = st.session_state.get(PICKED, ("", None))
    return frame if of == whose and frame in shown else otherwise


def tools(sending: Sending) -> None:
    """Draw what is done to a connection: made, ended, its frames forgotten."""
    is_open = sending.wire.is_open
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            _("Hang up") if is_open else _("Connect"),
            key="line",
            icon=":material/link_off:" if is_open else ":material/link:",
            on_click=sending.wire.close if is_open else sending.open,
            width=132,
        )
        st.button(
            _("Clear"), key="clear", icon=":material/mop:", on_click=sending.wire.record.clear
        )
        st.toggle(
            _("Events"), value=True, key=EVENTS, help=_("Also what comes without being asked for")
        )


def listed(
    shown: Sequence[Frame],
    whose: str,
    one: Frame | None,
    hint: tuple[str, str],
    tools: Callable[[], None] | None = None,
) -> None:
    """Draw somebody's frames, newest first, and one of them whole below.

    Without ``tools`` there is less room: the list does without times and ids.
    """
    count = ngettext("{count} frame", "{count} frames", len(shown))
    legend = (
        marks.dot(_("sent"), "accent")
        + marks.dot(_("refused"), "bad")
        + f"<span>{html.escape(count.format(count=marks.number(len(shown))))}</span>"
    )
    with look.card("frames", _("Frames"), legend, size="pane"):
        if tools:
            tools()
        if not shown:
            return look.empty("swap_vert", *hint)
        matches = frames.matches(shown)
        _table(shown, whose, one, matches, has_room=tools is not None)
        with st.container(key="frame", height=DETAIL, border=False, gap="xsmall"):
            _whole(one, matches)


def _table(
    shown: Sequence[Frame],
    whose: str,
    one: Frame | None,
    matches: Mapping[int, Match],
    has_room: bool,
) -> None:
    where = marks.zone()
    newest = shown[: -SHOWN - 1 : -1]

    def choose(frame: Frame | None) -> None:
        if frame:
            st.session_state[PICKED] = (whose, frame)

    def took(frame: Frame) -> str:
        match = matches.get(frame.seq)
        return sequence.round_trip(match.seconds) if match and match.other < frame.seq else ""

    columns: dict[str, Column[Frame]] = {
        "": tables.text(22, lambda f: "▶" if one and f.seq == one.seq else ""),
        "#": tables.text(34, lambda f: str(f.seq)),
        "⇅": tables.text(24, lambda f: "↑" if f.sent else "↓"),
    }
    if has_room:
        columns[_("Time")] = tables.text(86, lambda f: marks.clock(f.at, millis=True, where=where))
    columns[_("Type")] = tables.chips(104, lambda f: f.label, {f.label: f.tone for f in newest})
    if has_room:
        columns["id"] = tables.text(38, lambda f: f.id or "")
    columns[_("Content")] = tables.text(160 if has_room else 104, frames.content)
    columns[_("Round trip")] = tables.figure(70, took)
    tables.table(newest, columns, f"frames-{whose}", picked=choose, alt=_("Frames"))


def _whole(frame: Frame | None, matches: Mapping[int, Match]) -> None:
    if frame is None:
        st.caption(_("Click a frame to see it whole, and what it means."))
        return
    size = ngettext("{count} byte", "{count} bytes", frame.size)
    aside = size.format(count=marks.number(frame.size)) if frame.size else ""
    st.html(marks.pair(f"<b>#{frame.seq} {html.escape(frame.label)}</b>", aside, "quiet"))
    st.caption(marks.plain(explain(frame, matches.get(frame.seq), _)))
    if frame.text:
        st.code(frames.pretty(frame), "json", wrap_lines=True)


def drawn(shown: Sequence[Frame], client: str) -> None:
    """Draw the sequence of the last frames; it follows the newest."""
    count = min(len(shown), sequence.FRAMES)
    aside = ngettext("last {count} frame", "last {count} frames", count).format(count=count)
    with look.card("sequence", _("Sequence"), aside, size="pane"):
        if not shown:
            return look.empty(
                "swap_horiz",
                _("Nothing has passed yet"),
                _("Requests go to the right, replies and events to the left."),
            )
        with st.container(height="stretch", border=False, autoscroll=True, key="wire"):
            st.html(sequence.diagram(shown, frames.matches(shown), client, _("server")))
