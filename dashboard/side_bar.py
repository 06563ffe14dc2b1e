"""The sidebar: persona, refresh interval, language and the feed's status."""

from __future__ import annotations

import streamlit as st

from dashboard import choices, frame, look, marks, personas, visibility, words
from dashboard.shared import feed
from dashboard.words import _

REFRESH_INTERVALS_S = (0.5, 1.0, 2.0, 5.0)


def draw() -> None:
    """Draw it, in a run of the whole script."""
    visibility.mount()
    choices.select(personas.KEY, _("Persona"), personas.LABELS)
    st.segmented_control(
        _("Refresh, s"),
        REFRESH_INTERVALS_S,
        default=1.0,
        required=True,
        key="refresh",
        format_func=lambda seconds: f"{seconds:g}",
        bind="query-params",
    )
    st.segmented_control(
        _("Language"),
        words.LANGUAGES,
        default=words.browser_language(),
        required=True,
        key=words.LANGUAGE_KEY,
        bind="query-params",
    )
    st.fragment(draw_status, run_every=visibility.run_every(1.0))()
    st.html(look.ASSETS_DIR / "keys.html", unsafe_allow_javascript=True)


def draw_status() -> None:
    """Draw the status of this tab and of the feed's connection, every second."""
    link = feed().status()
    with st.container(key="feed-status", gap="xsmall"):
        if (pause := frame.pause_status()) is not None:
            st.html(marks.status_html(_("Paused"), pause.sidebar_text(), "warn"))
            st.html(marks.progress_bar_html(pause.buffer_share, "bad" if pause.lost else "warn"))
        st.html(
            marks.status_html(
                link.title(), link.detail(feed().now()), marks.PHASE_TONES[link.phase]
            )
        )
