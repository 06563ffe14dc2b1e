"""Explorer: every channel, its messages, and one message to the last field."""

from __future__ import annotations

import streamlit as st

from dashboard import channel_tree, frame, inspector, marks, message_list
from dashboard.state import MESSAGES

TITLE = "Explorer"
LIVE = "{rate} messages/s · {channels} channels"
HISTORY = " · history {length}"
LEFT_OUT = " · {count} left out of the sample"

state = st.session_state


def draw() -> None:
    """Draw one moment in three panes."""
    now = frame.moment()
    rate = marks.number(now.series.now(MESSAGES), 1)  # as on Overview: without the monitor's
    words = LIVE.format(rate=rate, channels=marks.number(len(now.channels)))
    if now.log.oldest_at is not None:
        words += HISTORY.format(length=marks.span(now.at - now.log.oldest_at))
    live_line(words + (LEFT_OUT.format(count=marks.number(now.left_out)) if now.left_out else ""))
    if frame.nothing_yet(now):
        return
    left, middle, right = st.columns([340, 540, 330], gap="xsmall")
    with left:
        channel_tree.draw(now, state.get("channel", ""), message_list.choose_channel)
    with middle:
        message_list.draw(now)
    with right:
        inspector.draw(state.picked, now.log)


message_list.begin()
live_line = frame.header(TITLE)
frame.live(draw)
