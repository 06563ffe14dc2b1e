"""The text of the Console's editor: templates, request ids, and the copy that survives the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from dashboard.i18n.translate import current_language
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
    text: str | None = st.session_state.get(EDITOR_TEXT, console.draft or None)
    is_other_persona = console.template_persona != persona_key
    console.template_persona = persona_key
    if text is None or (is_other_persona and text == console.template_text):
        write_template(selected_template(), values())
    else:
        st.session_state[EDITOR_TEXT] = text
        follow_text()


def selected_template() -> str:
    """Return the template that was chosen, in this tab or in its address."""
    kept = url_select.kept_value("console", TEMPLATE_PARAM)
    wanted = st.session_state.get(template_key(), kept)
    return wanted if wanted in TEMPLATE_TITLES else templates.TEMPLATE_NAMES[0]


def template_key() -> str:
    """Return the key of the widget that selects the template.

    It is another widget after each selection by the page: a message that the browser sent before
    still has the former choice, and would look as if somebody had made it.
    """
    return f"console-template-{tab().console.template_version}-{current_language()}"


def keep_template(name: str) -> None:
    """Keep the selected template in the URL."""
    url_select.keep_value("console", TEMPLATE_PARAM, name, default=templates.TEMPLATE_NAMES[0])


def _select_template(name: str) -> None:
    if name != selected_template():
        tab().console.template_version += 1
        keep_template(name)


def write_template(name: str, values: TemplateValues) -> None:
    """Write a template into the editor and select it; in a callback, or before the editor."""
    _select_template(name)
    if name == templates.OWN_MESSAGE:
        st.session_state.setdefault(EDITOR_TEXT, "")
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
    _select_template(templates.template_of(st.session_state[EDITOR_TEXT], selected_template()))


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
