"""Explorer: channels, messages and the message inspector."""

from __future__ import annotations

import streamlit as st

from dashboard import channel_tree, explorer_head, frame, inspector, marks, message_list, picking
from dashboard.state import MESSAGES
from dashboard.words import _, ngettext

state = st.session_state


def draw() -> None:
    """Draw a snapshot in three panes."""
    now = frame.current_snapshot()
    rate = marks.format_number(now.series.now(MESSAGES), 1)  # as on Overview: without the monitor's
    channels = ngettext("{count} channel", "{count} channels", len(now.channels))
    words = [
        _("{rate} messages/s").format(rate=rate),
        channels.format(count=marks.format_number(len(now.channels))),
    ]
    if now.log.oldest_at is not None:
        words.append(
            _("history {length}").format(length=marks.format_duration(now.at - now.log.oldest_at))
        )
    if now.not_sampled:
        left_out = _("{count} not sampled")
        words.append(left_out.format(count=marks.format_number(now.not_sampled)))
    live_line(" · ".join(words))
    if frame.draw_if_empty(now):
        return
    left, middle, right = st.columns([340, 540, 330], gap="xsmall")
    with left:
        channel_tree.draw(now, state.get("channel", ""), picking.select_channel)
    with middle:
        message_list.draw(now)
    with right:
        inspector.draw(state.picked, now.log)


picking.init_session()
live_line = frame.header(_("Explorer"), draw_actions=explorer_head.draw)
frame.redraw_periodically("explorer", draw)
