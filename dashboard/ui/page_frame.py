"""Page header, periodic redraw, and pause."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import assert_never

import msgspec
import streamlit as st
from msgspec import Struct
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value

from dashboard.dependencies import feed
from dashboard.i18n.translate import _, ngettext
from dashboard.sockets.socket_status import SocketPhase
from dashboard.state.live_state import Snapshot
from dashboard.state.message_log import MAX_MESSAGES
from dashboard.tab_session import tab
from dashboard.ui import (
    connection_badge,
    copy_link,
    hidden_tab,
    page_errors,
    shop_reset,
    shop_strip,
)
from dashboard.ui.formatting import (
    escape_markdown,
    format_number,
    format_time,
    status_html,
)
from dashboard.ui.theme import ASSETS_DIR, HEIGHTS, draw_empty_state
from dashboard.web import prometheus

log = logging.getLogger(__name__)


class PauseStatus(Struct, frozen=True):
    """How far a paused tab is behind: new messages, and the share of the buffer they fill.

    ``lost`` of them were already evicted from the buffer.
    """

    at: float
    new_messages: int
    lost: int
    buffer_share: float

    def header_text(self) -> str:
        """Return the text for the page header."""
        values = {"at": format_time(self.at), "waiting": format_number(self.new_messages)}
        if self.lost:
            words = _("since {at} · new messages: {waiting}, of which the oldest {lost} are lost")
            return words.format(**values, lost=format_number(self.lost))
        words = _("since {at} · new messages: {waiting}, {share} % of the buffer")
        return words.format(**values, share=format_number(100 * self.buffer_share, 1))

    def sidebar_text(self) -> str:
        """Return the text for the sidebar."""
        return ngettext("{count} new message", "{count} new messages", self.new_messages).format(
            count=format_number(self.new_messages)
        )


def current_snapshot() -> Snapshot:
    """Return the live or the paused snapshot; acknowledgements are always current."""
    live = feed().snapshot()
    paused = tab().paused_snapshot
    return msgspec.structs.replace(paused, acknowledged=live.acknowledged) if paused else live


def toggle_pause() -> None:
    """Pause or resume this tab; the feed itself keeps running."""
    tab().paused_snapshot = None if tab().paused_snapshot else feed().snapshot()


def pause_status() -> PauseStatus | None:
    """Return how far a paused tab is behind; None if it is live."""
    paused = tab().paused_snapshot
    if paused is None:
        return None
    log = feed().snapshot().log
    waiting, lost = log.seq - paused.log.seq, log.dropped_after(paused.log.seq)
    share = 1.0 if lost else min(1.0, waiting / MAX_MESSAGES)
    return PauseStatus(paused.at, waiting, lost, share)


def write_to_main_area() -> None:
    """Write what follows to the main area of the page.

    A run begins there, unless a fragment of the sidebar has just run in the same thread, which
    happens without fast reruns (see theme.toml): then it would begin in the sidebar.
    """
    context_dg_stack.set(get_default_dg_stack_value())


def header(
    title: str, allow_presenter: bool = False, draw_actions: Callable[[], None] | None = None
) -> Callable[[str], None]:
    """Draw the page header; returns a function that sets the text beside the title.

    ``draw_actions`` draws the page's own buttons there; only full runs redraw them.  Below it is
    the strip that says what the shop is doing.
    """
    is_paused = tab().paused_snapshot is not None
    with st.container(key="head", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        with st.container(width="stretch"):
            line = st.empty()
        if allow_presenter and st.toggle(_("Present"), key="present", bind="query-params"):
            st.html(ASSETS_DIR / "presenter_mode.css")
        if draw_actions:
            draw_actions()
        copy_link.draw()
        st.button(
            _("Resume view") if is_paused else _("Pause view"),
            icon=":material/play_arrow:" if is_paused else ":material/pause:",
            key="pause",
            shortcut="p",
            type="primary" if is_paused else "secondary",
            on_click=toggle_pause,
        )
    shop_strip.draw()

    def live_line(words: str) -> None:
        line.html(_status_html(words))

    return live_line


def _status_html(live_text: str) -> str:
    """Return the page's status as HTML: disconnected, tab paused, shop paused, or live."""
    status = feed().status()
    title, tone = connection_badge.title(status), connection_badge.TONES[status.phase]
    if not status.is_live:
        detail = connection_badge.detail(status, feed().now())
        if status.has_been_live:
            stale = _("showing the last data received")
            detail, tone = f"{detail} · {stale}", f"{tone} alarm"
        return status_html(title, detail, tone)
    if (behind := pause_status()) is not None:
        return status_html(_("View paused"), behind.header_text(), "warn")
    shop = feed().snapshot().shop
    if shop is not None and not shop.running:
        return status_html(_("Shop paused"), live_text, "warn")
    return status_html(title, live_text, tone)


def redraw_periodically(page: str, draw: Callable[[], None], part: str = "") -> None:
    """Redraw at the sidebar's refresh interval while the tab is visible.

    ``page`` labels the page's metrics.  A page that is redrawn in several places names all of them
    but one.
    """

    @st.fragment(run_every=hidden_tab.run_every(st.session_state.get("refresh", 1.0)))
    def tick() -> None:
        shop_reset.follow()
        tab().url_values.begin_redraw(st.query_params)
        key = f"page-{part}" if part else "page"
        with prometheus.measure_tick(page), st.container(key=key, gap="xsmall"):
            if not part:
                page_errors.draw()
            draw()
        tab().url_values.end_redraw()

    tick()


def draw_if_empty(now: Snapshot) -> bool:
    """Draw an empty state if there is no data yet; returns whether it did."""
    present = feed().status()
    if now.health.nodes or now.log.seq:
        return False
    match present.phase:
        case SocketPhase.CONNECTING | SocketPhase.LIVE:
            with st.container(border=True, key="pane-nothing"):
                loading = _("Connecting to {address}; the first data arrives within a second.")
                st.caption(loading.format(address=present.address))
                st.skeleton(height=96)
                st.skeleton(height=240)
                st.skeleton(height=200)
        case SocketPhase.DISCONNECTED:
            with st.container(border=True, key="pane-nothing", height=HEIGHTS["pane"]):
                draw_empty_state(
                    "cloud_off",
                    _("Cannot reach {address}").format(address=present.address),
                    _(
                        "The workbench shows the server's traffic. Start the "
                        "server with `python -m server`, or everything with "
                        "`make demo`. This page connects automatically."
                    ),
                )
        case SocketPhase.REFUSED:
            with st.container(border=True, key="pane-nothing", height=HEIGHTS["pane"]):
                draw_empty_state(
                    "block",
                    _("The server refused the workbench: {why}").format(
                        why=escape_markdown(connection_badge.reason(present))
                    ),
                    _(
                        "`WORKBENCH_JWT_SECRET` and `WORKBENCH_TENANT` must match "
                        "the server's. Fix them in `.env` and restart the workbench."
                    ),
                )
        case _:
            assert_never(present.phase)
    return True
