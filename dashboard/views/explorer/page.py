"""Explorer: channels, messages and the message inspector."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.i18n.translate import _, ngettext
from dashboard.messages.search import SearchResult
from dashboard.state.live_state import MESSAGES
from dashboard.state.time_series import RATE_S
from dashboard.tab_session import tab
from dashboard.ui import formatting, page_frame, url_select
from dashboard.views.explorer import channel_tree, inspector, message_list, selection, toolbar


def draw() -> None:
    """Draw a snapshot in three panes."""
    now = page_frame.current_snapshot()
    channels = ngettext("{count} channel", "{count} channels", len(now.channels))
    words = [
        # As on Overview: without the monitor's.
        formatting.message_rate(now.series.now(MESSAGES, over=RATE_S)),
        channels.format(count=formatting.format_number(len(now.channels))),
    ]
    if now.log.oldest_at is not None:
        words.append(
            _("history {length}").format(
                length=formatting.format_duration(now.at - now.log.oldest_at)
            )
        )
    if now.not_sampled:
        left_out = _("{count} not sampled")
        words.append(left_out.format(count=formatting.format_number(now.not_sampled)))
    live_line(" · ".join(words))
    if page_frame.draw_if_empty(now):
        return
    left, middle, right = st.columns([350, 538, 322], gap="xsmall")
    with left:
        channel_tree.draw(now, url_select.kept_value(selection.PAGE, selection.CHANNEL))
    with middle:
        found = message_list.draw(now)
    show_count(found)
    with right:
        inspector.draw(tab().explorer.messages.selected, now.log)


show_count: Callable[[SearchResult], None]


def draw_toolbar() -> None:
    """Draw the toolbar in the page's head."""
    global show_count
    show_count = toolbar.draw()


live_line = page_frame.header(_("Explorer"), draw_actions=draw_toolbar)
page_frame.redraw_periodically("explorer", draw)
