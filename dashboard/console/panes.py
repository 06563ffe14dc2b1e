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
from dashboard.console.frames import Frame, Match
from dashboard.console.tab import Sending
from dashboard.tables import Column
from dashboard.words import _, ngettext

SHOWN = 200
DETAIL = 196  # px, always there, so that choosing a frame moves nothing
EVENTS = "events"  # in the session: whether they are shown
PICKED = "console_frame"  # in the session: a Picked, if there is one
VERSION, JUMPED = "console_version", "console_jumped"  # of the list, and when it was let go
ECHO_S = 1.5  # in which a remounted table may report the selection of the one before


class Picked(Struct, frozen=True):
    """The selected frame, and the list as it was then."""

    whose: str
    frame: Frame
    among: tuple[Frame, ...]


def picked(whose: str) -> Picked | None:
    """Return what was chosen of somebody's frames."""
    chosen: Picked | None = st.session_state.get(PICKED)
    return chosen if chosen and chosen.whose == whose else None


def let_go() -> None:
    """Clear the selection, so that the list updates again."""
    state = st.session_state
    state.pop(PICKED, None)
    state[VERSION], state[JUMPED] = state.get(VERSION, 0) + 1, time.monotonic()


def tools(sending: Sending, shown: Sequence[Frame], chosen: Picked | None) -> None:
    """Draw the toolbar: connect or disconnect, clear, jump to the newest."""
    is_open = sending.wire.is_open
    fresh = sum(frame.seq > chosen.among[-1].seq for frame in shown) if chosen else 0
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            _("Disconnect") if is_open else _("Connect"),
            key="connect",
            icon=":material/link_off:" if is_open else ":material/link:",
            on_click=sending.wire.close if is_open else sending.open,
            width=132,
        )
        st.button(_("Clear"), key="clear", icon=":material/mop:", on_click=_clear, args=(sending,))
        st.button(
            _("{count} new").format(count=marks.number(fresh)) if chosen else _("Newest"),
            key="newest",
            icon=":material/vertical_align_top:",
            type="primary" if chosen else "secondary",
            disabled=not chosen,
            on_click=let_go,
            width=112,
        )
        st.toggle(_("Events"), value=True, key=EVENTS, help=_("Include unsolicited messages"))


def _clear(sending: Sending) -> None:
    sending.wire.record.clear()
    let_go()


def listed(
    live: tuple[Frame, ...],
    whose: str,
    hint: tuple[str, str],
    answer: Frame | None = None,
    sending: Sending | None = None,
) -> None:
    """Draw somebody's frames, newest first, and one of them whole below.

    That is the chosen one, or else ``answer``.  Without ``sending``, what they are sent on,
    there is less room: the list does without times and ids.
    """
    chosen = picked(whose)
    shown = chosen.among if chosen else live
    one = chosen.frame if chosen else answer
    count = ngettext("{count} frame", "{count} frames", len(live))
    legend = (
        marks.dot(_("sent"), "accent")
        + marks.dot(_("refused"), "bad")
        + f"<span>{html.escape(count.format(count=marks.number(len(live))))}</span>"
    )
    with look.card("frames", _("Frames"), legend, size="pane"):
        if sending:
            tools(sending, live, chosen)
        if not shown:
            return look.empty("swap_vert", *hint)
        matches = frames.matches(shown)
        _table(shown, whose, one, matches, has_room=sending is not None)
        with st.container(key="frame", height=DETAIL, border=False, gap="xsmall"):
            _whole(one, matches)


def _table(
    shown: tuple[Frame, ...],
    whose: str,
    one: Frame | None,
    matches: Mapping[int, Match],
    has_room: bool,
) -> None:
    where = marks.zone()
    newest = shown[: -SHOWN - 1 : -1]

    def choose(frame: Frame | None) -> None:
        if frame and time.monotonic() - st.session_state.get(JUMPED, 0.0) > ECHO_S:
            st.session_state[PICKED] = Picked(whose, frame, shown)

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
    columns[_("Type")] = tables.chips(
        126 if has_room else 104, lambda f: f.label, {f.label: f.tone for f in newest}
    )
    if has_room:
        columns["id"] = tables.text(38, lambda f: f.id or "")
    columns[_("Content")] = tables.text(132 if has_room else 104, contents.content)
    columns[_("Round trip")] = tables.figure(70, took)
    key = f"frames-{whose}-{st.session_state.get(VERSION, 0)}"
    tables.table(newest, columns, key, picked=choose, alt=_("Frames"))


def _whole(frame: Frame | None, matches: Mapping[int, Match]) -> None:
    if frame is None:
        st.caption(_("Select a frame to see its content and meaning."))
        return
    size = ngettext("{count} byte", "{count} bytes", frame.size)
    aside = size.format(count=marks.number(frame.size)) if frame.size else ""
    st.html(marks.pair(f"<b>#{frame.seq} {html.escape(frame.label)}</b>", aside, "quiet"))
    st.caption(marks.plain(explain(frame, matches.get(frame.seq), _)))
    if frame.text:
        st.code(contents.pretty(frame), "json", wrap_lines=True)


def drawn(shown: Sequence[Frame], client: str) -> None:
    """Draw the sequence of the last frames; it follows the newest."""
    count = min(len(shown), sequence.FRAMES)
    aside = ngettext("last {count} frame", "last {count} frames", count).format(count=count)
    hint = html.escape(_("Requests go to the right, replies and events to the left."))
    with (
        look.card("sequence", _("Sequence"), aside, size="pane"),
        st.container(height="stretch", border=False, autoscroll=True, key="sequence-diagram"),
    ):
        # Always one element: a second one would stay on the page until the next full run.
        diagram = sequence.diagram(shown, frames.matches(shown), client, _("server"))
        st.html(diagram if shown else f'<div class="quiet">{hint}</div>')
