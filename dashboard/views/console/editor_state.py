"""The text of the Console's editor: templates, request ids, and the copy that survives the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from dashboard.tab_session import tab
from dashboard.ui import url_select
from dashboard.ui.console_draft import EDITOR_TEXT
from dashboard.views.console import templates
from dashboard.views.console.templates import TEMPLATE_TITLES, TemplateValues

TEMPLATE_PARAM = "template"  # of the chosen template, in the URL
_REQUEST_ID = re.compile(r'("id"\s*:\s*"r)(\d+)"')


def initialise(persona_key: str, values: Callable[[], TemplateValues]) -> None:
    """Give the editor its text before it is drawn, and let the template follow the text.

    A template that nobody has changed is written again for another persona.
    """
    console = tab().console
    text: str = st.session_state.get(EDITOR_TEXT) or console.draft
    is_other_persona = console.template_persona != persona_key
    console.template_persona = persona_key
    if not text or (is_other_persona and text == console.template_text):
        write_template(selected_template(), values())
    else:
        st.session_state[EDITOR_TEXT] = text
        follow_text()


def selected_template() -> str:
    """Return the template that was chosen, in this tab or in its address."""
    return url_select.selected("console", TEMPLATE_PARAM, TEMPLATE_TITLES)


def write_template(name: str, values: TemplateValues) -> None:
    """Write a template into the editor and select it; in a callback, or before the editor."""
    url_select.set_selected("console", TEMPLATE_PARAM, name)
    if name == templates.OWN_MESSAGE:
        return
    text = templates.render_template(name, next_id(st.session_state.get(EDITOR_TEXT, "")), values)
    st.session_state[EDITOR_TEXT] = tab().console.template_text = text
    save()


def save() -> None:
    """Remember the editor's text for when the page is drawn again."""
    tab().console.draft = st.session_state[EDITOR_TEXT]


def follow_text() -> None:
    """Select the template of the message that is in the editor; in a callback, or before it."""
    save()
    name = templates.template_of(st.session_state[EDITOR_TEXT], selected_template())
    if name != selected_template():
        url_select.set_selected("console", TEMPLATE_PARAM, name)


def increment_id() -> None:
    """Give the next frame the next id; for a callback."""
    text: str = st.session_state[EDITOR_TEXT]
    is_template = text == tab().console.template_text
    st.session_state[EDITOR_TEXT] = _REQUEST_ID.sub(
        lambda found: f'{found[1]}{int(found[2]) + 1}"', text, 1
    )
    if is_template:
        tab().console.template_text = st.session_state[EDITOR_TEXT]
    save()


def next_id(text: str) -> str:
    """Return the id that the text uses, if it is one of ours; it has not been sent yet."""
    found = _REQUEST_ID.search(text)
    return f"r{found[2]}" if found else "r1"


def with_repetition(text: str, number: int) -> str:
    """Return a request with the id of its repetition, such as ``r5-2``, if the id is ours."""
    return _REQUEST_ID.sub(rf'\g<1>\g<2>-{number}"', text, 1)
