"""The frame of every page: its head, its clock, and the moment that a tab holds while paused."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

import msgspec
import streamlit as st

from dashboard.history import MESSAGES
from dashboard.link import Phase
from dashboard.look import HEIGHTS, HERE, empty
from dashboard.marks import PHASE, clock, number, plain, state
from dashboard.shared import feed
from dashboard.state import Snapshot

PAUSE, RESUME, PRESENT = "Pause", "Resume", "Present"
PAUSED, FROM_BEFORE = "Paused", "what you see is from before"
LOADING = "Connecting to {address}; the first report comes within a second."
NOBODY = "Nobody answers at {address}"
START_SERVER = (
    "The workbench shows what passes through the server. Start it with `python -m server`, or all "
    "of the workbench with `make demo`. This page comes alive by itself."
)
DECLINED = "The server refused the workbench: {why}"
MEND_SETTINGS = (
    "`WORKBENCH_JWT_SECRET` and `WORKBENCH_TENANT` must be those of the server. Mend them in "
    "`.env` and start the dashboard again."
)
HELD = "held at {at} · {waiting} waiting, {share} % of the buffer"
OVERFLOWN = "held at {at} · {waiting} waiting, of which the oldest {lost} are lost"


def moment() -> Snapshot:
    """Return the present, or what this tab holds; what was acknowledged since is, in both."""
    live = feed().snapshot()
    held: Snapshot | None = st.session_state.get("held")
    return msgspec.structs.replace(held, acknowledged=live.acknowledged) if held else live


def hold() -> None:
    """Pause this tab, or let it go on; the feed itself never stops."""
    st.session_state.held = None if st.session_state.held else feed().snapshot()


def header(title: str, present: bool = False) -> Callable[[str], None]:
    """Draw the page's head; returns what writes the live line beside the title."""
    held: Snapshot | None = st.session_state.setdefault("held", None)
    with st.container(key="head", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        with st.container(width="stretch"):
            line = st.empty()
        if present and st.toggle(PRESENT, key="present", bind="query-params"):
            st.html(HERE / "present.css")
        st.button(
            RESUME if held else PAUSE,
            icon=":material/play_arrow:" if held else ":material/pause:",
            key="pause",
            shortcut="p",
            type="primary" if held else "secondary",
            on_click=hold,
        )

    def live_line(words: str) -> None:
        line.html(_status(words))

    return live_line


def _status(words: str) -> str:
    """Say what state the page is in: lost before paused before live."""
    held: Snapshot | None = st.session_state.get("held")
    link = feed().link()
    if not link.is_live:
        told, tone = link.words(feed().now()), PHASE[link.phase]
        if link.was_live:
            told, tone = f"{told} · {FROM_BEFORE}", f"{tone} alarm"
        return state(link.title(), told, tone)
    if held:
        return state(PAUSED, _waiting(held), "warn")
    return state(link.title(), words, PHASE[link.phase])


def _waiting(held: Snapshot) -> str:
    waiting = feed().snapshot().log.seq - held.log.seq
    told = {"at": clock(held.at), "waiting": number(waiting)}
    if waiting > MESSAGES:
        return OVERFLOWN.format(**told, lost=number(waiting - MESSAGES))
    return HELD.format(**told, share=number(100 * waiting / MESSAGES, 1))


def live(draw: Callable[[], None]) -> None:
    """Redraw on the side bar's clock, in a dense column."""

    @st.fragment(run_every=st.session_state.get("refresh", 1.0))
    def tick() -> None:
        with st.container(key="page", gap="xsmall"):
            draw()

    tick()


def nothing_yet(now: Snapshot) -> bool:
    """Draw, in place of a page, why there is nothing to draw; return whether that was so."""
    present = feed().link()
    if now.health.nodes or now.log.seq:
        return False
    match present.phase:
        case Phase.CONNECTING | Phase.LIVE:
            with st.container(border=True, key="pane-nothing"):
                st.caption(LOADING.format(address=present.address))
                st.skeleton(height=96)
                st.skeleton(height=240)
                st.skeleton(height=200)
        case Phase.DISCONNECTED:
            with st.container(border=True, key="pane-nothing", height=HEIGHTS["pane"]):
                empty("cloud_off", NOBODY.format(address=present.address), START_SERVER)
        case Phase.REFUSED:
            with st.container(border=True, key="pane-nothing", height=HEIGHTS["pane"]):
                empty("block", DECLINED.format(why=plain(present.why)), MEND_SETTINGS)
        case _:
            assert_never(present.phase)
    return True
