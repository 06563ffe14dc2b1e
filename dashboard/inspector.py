"""One message to the last field: its JSON, what it changed, a number of it over time."""

from __future__ import annotations

from datetime import UTC

import streamlit as st

from dashboard import charts, fields, look, marks
from dashboard.channels import kind_of
from dashboard.history import Log, Seen

ABOUT = "{at} · {size} bytes · reached {reached}"
UTC_TIME = "{at} UTC"
CHANGED, SINCE = "Changed", "since {at}"
FIRST, SAME = "nothing earlier to compare with", "Nothing but the time."
PLOT = "Plot"
NOTHING = ("ads_click", "No message chosen")
NOTHING_HINT = "Click a line of the list to see a message to its last field."


def draw(message: Seen | None, log: Log) -> None:
    """Draw a message beside the others of its channel and type."""
    if message is None:
        with look.card("inspector", "Message", size="pane"):
            look.empty(*NOTHING, NOTHING_HINT)
        return
    same = fields.alike(message, log)
    chip = marks.chip(message.channel, kind_of(message.channel))
    with look.card("inspector", message.type, chip, size="pane"):
        told = ABOUT.format(
            at=marks.clock(message.at, millis=True), size=len(message.text), reached=message.reached
        )
        utc = UTC_TIME.format(at=marks.clock(message.at, millis=True, where=UTC))
        st.html(f'<div class="row quiet" title="{utc}">{told}</div>')
        st.code(fields.pretty(message), "json", height="stretch", wrap_lines=True)
        _changed(message, fields.before(message, same))
        _plot(message, same)


def _changed(message: Seen, before: Seen | None) -> None:
    """List the fields that differ from the message before."""
    aside = SINCE.format(at=marks.clock(before.at)) if before else FIRST
    with st.container(key="changed", gap="xsmall"):
        st.html(marks.pair(f"<b>{CHANGED}</b>", aside, "quiet"))
        if before:
            changes = fields.changes(fields.payload(before), fields.payload(message))
            st.html(marks.differences(changes) if changes else f'<div class="quiet">{SAME}</div>')


def _plot(message: Seen, same: list[Seen]) -> None:
    """Plot one numeric field over time, where there is one and more than one message."""
    names = fields.numeric(fields.payload(message))
    if not names or len(same) < 2:
        return
    field = st.selectbox(PLOT, names, key="plot", label_visibility="collapsed")
    frame = charts.field_frame(fields.points(field, same), kind_of(message.channel))
    st.vega_lite_chart(frame, charts.FIELD, height=110, key="field", alt=f"{field} over time")
