"""The sidebar: persona, refresh interval, language, glossary and the feed's status."""

from __future__ import annotations

import streamlit as st

from common.text_markers import N_
from dashboard import personas
from dashboard.dependencies import feed
from dashboard.i18n import translate
from dashboard.i18n.translate import _
from dashboard.personas import Persona
from dashboard.ui import (
    connection_badge,
    formatting,
    glossary,
    hidden_tab,
    lesson_link,
    page_frame,
    theme,
    url_select,
)
from dashboard.ui.url_values import EVERY_PAGE

PERSONA_PARAM = "persona"  # of the persona's key, in the URL
REFRESH_INTERVALS_S = (0.5, 1.0, 2.0, 5.0)
NO_PERSONA = N_(
    "Not used in Training: each lesson has a customer of its own, on a connection of its own."
)


def persona_key() -> str:
    """Return the key of the persona selected in the sidebar."""
    return url_select.selected(EVERY_PAGE, PERSONA_PARAM, personas.LABELS)


def current_persona() -> Persona:
    """Return the persona selected in the sidebar."""
    return persona(persona_key())


def persona(key: str) -> Persona:
    """Return the persona with this key in the URL, under its name in the shop."""
    return personas.in_language(personas.PERSONAS[key], feed().shop_language)


def persona_label(key: str) -> str:
    """Return the label of a persona: its first name in the shop, and what it is."""
    return _(personas.LABELS[key]).format(name=persona(key).name.partition(" ")[0])


def draw(page: str = "") -> None:
    """Draw the sidebar of a page; call it in a full run."""
    hidden_tab.mount()
    is_lesson = page == lesson_link.PAGE
    labels = {key: persona_label(key) for key in personas.LABELS}
    url_select.select(
        EVERY_PAGE,
        PERSONA_PARAM,
        _("Persona"),
        labels,
        help=_(NO_PERSONA) if is_lesson else glossary.explanation("persona"),
        disabled=is_lesson,
    )
    if is_lesson:
        st.caption(_("Not used here: a lesson sets who you are."))
    st.segmented_control(
        _("Refresh, s"),
        REFRESH_INTERVALS_S,
        default=1.0,
        required=True,
        key="refresh",
        format_func=lambda seconds: f"{seconds:g}",
        bind="query-params",
        help=_("How often this tab is redrawn. The data is collected all the time."),
    )
    draw_language()
    glossary.mount()
    st.fragment(draw_status, run_every=hidden_tab.run_every(1.0))()
    st.html(theme.ASSETS_DIR / "shortcuts.html", unsafe_allow_javascript=True)


def draw_language() -> None:
    """Draw the choice of the language; the URL keeps its code, not its name."""
    language = translate.current_language()
    st.session_state[translate.LANGUAGE_KEY] = language
    st.segmented_control(
        _("Language"),
        translate.LANGUAGES,
        required=True,
        key=translate.LANGUAGE_KEY,
        format_func=translate.LANGUAGES.__getitem__,
    )
    url_select.keep_value(
        EVERY_PAGE,
        translate.LANGUAGE_KEY,
        language,
        default=translate.browser_language(),
    )
    # Screen readers and the browser's own translation go by the language of the document.
    script = f"<script>document.documentElement.lang = {language!r}</script>"
    st.html(script, unsafe_allow_javascript=True)


def draw_status() -> None:
    """Draw the status of this tab and of the feed's connection, every second."""
    with st.container(key="feed-status", gap="xsmall"):
        if (pause := page_frame.pause_status()) is not None:
            st.html(formatting.status_html(_("View paused"), pause.sidebar_text(), "warn"))
            st.html(
                formatting.progress_bar_html(pause.buffer_share, "bad" if pause.lost else "warn")
            )
        st.html(connection_badge.lines_html(feed().status(), feed().now()))
