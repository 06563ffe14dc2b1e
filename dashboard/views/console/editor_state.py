"""The text of the Console's editor: templates, request ids, and the copy that survives the page."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from dashboard.tab_session import tab
from dashboard.ui.console_draft import EDITOR_TEXT
from dashboard.views.console import templates
from dashboard.views.console.templates import TemplateValues

TEMPLATE_PARAM = "template"  # of the chosen template, in the session and in the URL
_REQUEST_ID = re.compile(r'("id"\s*:\s*"r)(\d+)"')


def initialise(values: TemplateValues) -> None:
    """Give the editor its text before it is drawn."""
    if EDITOR_TEXT not in st.session_state:
        st.session_state[EDITOR_TEXT] = tab().console.draft or templates.render_template(
            selected_template(), "r1", values
        )


def selected_template() -> str:
    """Return the template that was chosen, in this tab or in its address."""
    wanted: Any = st.session_state.get(TEMPLATE_PARAM) or st.query_params.get(TEMPLATE_PARAM)
    return wanted if wanted in templates.TEMPLATE_NAMES else templates.TEMPLATE_NAMES[0]


def save() -> None:
    """Remember the editor's text for when the page is drawn again."""
    tab().console.draft = st.session_state[EDITOR_TEXT]


def apply_template(values: TemplateValues) -> None:
    """Write the chosen template into the editor; for a callback."""
    st.session_state[EDITOR_TEXT] = templates.render_template(
        selected_template(), next_id(st.session_state[EDITOR_TEXT]), values
    )
    save()


def increment_id() -> None:
    """Give the next frame the next id; for a callback."""
    text: str = st.session_state[EDITOR_TEXT]
    st.session_state[EDITOR_TEXT] = _REQUEST_ID.sub(
        lambda found: f'{found[1]}{int(found[2]) + 1}"', text, 1
    )
    save()


def next_id(text: str) -> str:
    """Return the id that the text uses, if it is one of ours; it has not been sent yet."""
    found = _REQUEST_ID.search(text)
    return f"r{found[2]}" if found else "r1"


def is_publication(text: str) -> bool:
    """Tell whether a text is a publication, for HTTP: it has an address, a message has none."""
    return bool({"channel", "user", "everyone"} & templates.field_names(text))
