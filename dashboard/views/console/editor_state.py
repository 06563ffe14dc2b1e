"""The text of the Console's editor: templates, request ids, and the copy that survives the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st
from msgspec.structs import replace

from dashboard.frames import json_editor, templates
from dashboard.frames.templates import TEMPLATE_TITLES, TemplateValues
from dashboard.i18n.translate import current_language
from dashboard.tab_session import tab
from dashboard.ui import url_select
from dashboard.ui.console_draft import EDITOR_TEXT

TEMPLATE_PARAM = "template"  # of the chosen template, in the URL
LIVE_KEY = "json-editor"  # of the component that reports what is typed
MAX_REPLACED_TEXTS = 20  # a message is late by some seconds at the most
_REQUEST_ID = re.compile(r'("id"\s*:\s*"r)(\d+)"')


def initialise(persona_key: str, values: Callable[[], TemplateValues]) -> None:
    """Give the editor its text before it is drawn, and let the template follow the text.

    A template that nobody has changed is written again for another persona, and when its values
    are out of date.
    """
    _ignore_late_message()
    console = tab().console
    text: str | None = st.session_state.get(EDITOR_TEXT, console.draft or None)
    is_other_persona = console.template_persona != persona_key
    console.template_persona = persona_key
    is_unchanged = is_other_persona and text == console.template_text
    if console.is_new or text is None or is_unchanged or is_outdated(text, values()):
        write_template(selected_template(), values())
    else:
        st.session_state[EDITOR_TEXT] = text
        follow_text()


def _ignore_late_message() -> None:
    """Keep what was written although the browser sent a text before it once more.

    It sends the editor's text along with every clock's message, also with one that crosses the
    written text on its way.
    """
    console = tab().console
    committed = st.session_state.get(EDITOR_TEXT)
    if _confirmed_text() is not None:
        console.replaced_texts = ()
    elif committed in console.replaced_texts:
        st.session_state[EDITOR_TEXT] = console.written_text
    elif committed not in (None, console.written_text):
        console.replaced_texts = ()  # typed by a person: nothing older comes after it


def _write(text: str) -> None:
    """Put a text into the editor; in a callback, or before the editor."""
    console = tab().console
    before = st.session_state.get(EDITOR_TEXT)
    replaced = [each for each in (*console.replaced_texts, before) if each not in (None, text)]
    console.replaced_texts = tuple(replaced[-MAX_REPLACED_TEXTS:])
    st.session_state[EDITOR_TEXT] = console.written_text = text
    console.written_version += 1


def note_drawn() -> None:
    """Note that the editor is drawn with its text of now."""
    tab().console.drawn_version = tab().console.written_version


def is_drawn() -> bool:
    """Return whether the editor was drawn since the page wrote its text.

    Streamlit may call the callback of a choice in a run that redraws a fragment only.
    """
    return tab().console.drawn_version == tab().console.written_version


def _confirmed_text() -> str | None:
    """Return what is typed in the browser, if it has got what the page wrote last."""
    typed = json_editor.typed_text(LIVE_KEY)
    if typed is None or typed.version != tab().console.written_version:
        return None
    return typed.text


def shown_text() -> str:
    """Return the text that the editor shows after this run.

    The session has what is typed only once it is committed.  What the browser reported before the
    page wrote a text is over, although it is still there.
    """
    typed = _confirmed_text()
    return str(st.session_state.get(EDITOR_TEXT, "")) if typed is None else typed


def is_outdated(text: str, values: TemplateValues) -> bool:
    """Return whether the text is a template that nobody has changed, with values that have changed.

    The time in it does not count.
    """
    console, name = tab().console, selected_template()
    typed = json_editor.typed_text(LIVE_KEY)
    is_typed = typed is not None and _confirmed_text() != text
    if name == templates.OWN_MESSAGE or is_typed or text != console.template_text:
        return False
    values = replace(values, at=console.template_at)
    return templates.render_template(name, next_id(text), values) != text


def selected_template() -> str:
    """Return the template that was chosen, in this tab or in its address."""
    kept = url_select.kept_value("console", TEMPLATE_PARAM)
    wanted = st.session_state.get(_template_key(), kept)
    return wanted if wanted in TEMPLATE_TITLES else templates.TEMPLATE_NAMES[0]


def prepare_choice() -> str:
    """Give the widget that selects the template its value; return its key.

    It is another widget after each selection by the page: a message that the browser sent before
    still has the former choice, and would look as if somebody had made it.
    """
    key = _template_key()
    if key not in st.session_state:
        st.session_state[key] = selected_template()
        _note_shown(key, selected_template())
    return key


def keep_choice(key: str, name: str) -> None:
    """Keep the template that a widget shows, also in the URL; after it was drawn."""
    _note_shown(key, name)
    _keep_template(name)


def follow_choice(key: str, values: Callable[[], TemplateValues]) -> None:
    """Write the template that a person selected; for the callback of the widget ``key``.

    A selection by the page is reported as a change, too, if the run that made it was cut short.
    """
    if _is_new_choice(key):
        name = st.session_state[key]
        _note_shown(key, name)
        write_template(name, values())


def _is_new_choice(key: str) -> bool:
    """Return whether a person has selected another template than the widget showed.

    Also in the widget before this one, which the browser shows until it has the next.
    """
    shown = tab().console.shown_templates
    return key in shown and st.session_state.get(key, shown[key]) != shown[key]


def _note_shown(key: str, name: str) -> None:
    shown = tab().console.shown_templates
    shown[key] = name
    for earlier in [*shown][:-2]:
        del shown[earlier]


def _template_key() -> str:
    return f"console-template-{tab().console.template_version}-{current_language()}"


def _keep_template(name: str) -> None:
    url_select.keep_value("console", TEMPLATE_PARAM, name, default=templates.TEMPLATE_NAMES[0])


def _select_template(name: str) -> None:
    if name != selected_template():
        tab().console.template_version += 1
    _keep_template(name)


def write_template(name: str, values: TemplateValues) -> None:
    """Write a template into the editor and select it; in a callback, or before the editor."""
    _select_template(name)
    if name == templates.OWN_MESSAGE:
        st.session_state.setdefault(EDITOR_TEXT, "")
        return
    tab().console.handed_over = ""
    before = st.session_state.get(EDITOR_TEXT, "")
    text = templates.render_template(name, next_id(before), values)
    _write(text)
    console = tab().console
    console.template_text = text
    console.template_order, console.template_at = values.order_id, values.at
    console.draft_persona, console.is_new = console.template_persona, False
    save()


def other_persona() -> str:
    """Return the persona that changed text was written as, if it is not the current one."""
    console = tab().console
    is_changed = st.session_state.get(EDITOR_TEXT) != console.template_text
    is_other = console.draft_persona not in ("", console.template_persona)
    return console.draft_persona if is_changed and is_other else ""


def restore(values: TemplateValues) -> None:
    """Write the message that another page handed over again, or the template; for a callback."""
    console = tab().console
    if not console.handed_over:
        write_template(selected_template(), values)
        return
    _write(console.handed_over)
    follow_text()


def save() -> None:
    """Remember the editor's text for when the page is drawn again, and its persona."""
    console = tab().console
    if console.draft != st.session_state[EDITOR_TEXT]:
        console.draft_persona = console.template_persona
    console.draft = st.session_state[EDITOR_TEXT]


def follow_typed_text() -> None:
    """Follow what a person typed; for the editor's callback.

    Nothing follows if one message of the browser has a selected template, too: that replaces the
    text, whichever callback comes first.
    """
    if not any(map(_is_new_choice, tab().console.shown_templates)):
        follow_text()


def follow_text() -> None:
    """Select the template of the message that is in the editor; in a callback, or before it."""
    _ignore_late_message()
    save()
    _select_template(templates.template_of(st.session_state[EDITOR_TEXT], selected_template()))


def increment_id() -> None:
    """Give the next frame the next id; for a callback."""
    text: str = st.session_state[EDITOR_TEXT]
    console = tab().console
    is_template = text == console.template_text
    _write(_REQUEST_ID.sub(lambda found: f'{found[1]}{int(found[2]) + 1}"', text, 1))
    if is_template:
        console.template_text = console.written_text
    save()


def next_id(text: str) -> str:
    """Return the id that the text uses, if it is one of ours; it has not been sent yet."""
    found = _REQUEST_ID.search(text)
    return f"r{found[2]}" if found else "r1"


def with_repetition(text: str, number: int) -> str:
    """Return a request with the id of its repetition, such as ``r5-2``, if the id is ours."""
    return _REQUEST_ID.sub(rf'\g<1>\g<2>-{number}"', text, 1)
