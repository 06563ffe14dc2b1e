"""The sidebar: persona, refresh interval, language and the feed's status."""

from __future__ import annotations

import streamlit as st

from dashboard import choices, frame, look, marks, personas, visibility, words
from dashboard.shared import feed
from dashboard.words import _

RATES_S = (0.5, 1.0, 2.0, 5.0)


def draw() -> None:
    """Draw it, in a run of the whole script."""
    visibility.watch()
    choices.select(personas.KEY, _("Persona"), personas.TITLES)
    st.segmented_control(
        _("Refresh, s"),
        RATES_S,
        default=1.0,
        required=True,
        key="refresh",
        format_func=lambda seconds: f"{seconds:g}",
        bind="query-params",
    )
    st.segmented_control(
        _("Language"),
        words.LANGUAGES,
        default=words.of_the_browser(),
        required=True,
        key=words.KEY,
        bind="query-params",
    )
    st.fragment(state, run_every=visibility.every(1.0))()
    st.html(look.HERE / "keys.html", unsafe_allow_javascript=True)


def state() -> None:
    """Draw the status of this tab and of the feed's connection, every second."""
    link = feed().link()
    with st.container(key="feed-status", gap="xsmall"):
        if (pause := frame.pause()) is not None:
            st.html(marks.state(_("Paused"), pause.brief(), "warn"))
            st.html(marks.gauge(pause.share, "bad" if pause.lost else "warn"))
        st.html(marks.state(link.title(), link.words(feed().now()), marks.PHASE[link.phase]))
