"""The JSON in a text area: in colour, checked while it is typed, its first error marked."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from conformance.cases import MAX_MESSAGE_BYTES
from dashboard.frames import json_check
from dashboard.i18n.translate import _
from dashboard.ui import formatting
from protocol.publications import MAX_PUBLICATION_BYTES

_component = st.components.v2.component(
    "json-editor", js=Path(__file__).with_name("json_editor.js").read_text()
)


class TypedText(NamedTuple):
    """What is in the browser's text area, and the version of the last text that reached it."""

    text: str
    version: int


def typed_text(key: str) -> TypedText | None:
    """Return what the component of this key has reported, if it has."""
    typed = st.session_state.get(key, {}).get("typed")
    return None if typed is None else TypedText(typed["text"], typed["version"])


def draw_colours(
    key: str,
    text: str,
    *,
    text_key: str,
    button_key: str,
    version: int = 0,
    schema: str = "",
    blocked: bool = False,
) -> None:
    """Colour the text area of ``text_key``, whose text was checked when it was ``text``.

    The component reports what is typed: see ``typed_text``.  ``version`` is that of the text which
    the page wrote last.  While ``blocked`` is true, the button is disabled; another ``schema`` is
    shown from its top.
    """
    error = json_check.find_json_error(text)
    _component(
        key=key,
        data={
            "text": text_key,
            "button": button_key,
            "checked": text,
            "version": version,
            "error": error.offset if error else None,
            "schema": schema,
            "blocked": blocked,
        },
        on_typed_change=lambda: None,
    )


def check_html(text: str, is_publication: bool) -> str:
    """Return what is to be said of a text, and its size beside the limit."""
    size = len(text.encode())
    limit = MAX_PUBLICATION_BYTES if is_publication else MAX_MESSAGE_BYTES
    words = _("{size} of {limit} bytes").format(
        size=formatting.format_number(size), limit=formatting.format_number(limit)
    )
    if is_publication:
        sender = _("as a service")
        words = f"{sender} · {words}"
    tone = "over" if size > limit else "quiet"
    state = _state_html(text, is_publication)
    return f'<div class="row split checked">{state}<span class="{tone}">{words}</span></div>'


def _state_html(text: str, is_publication: bool) -> str:
    """Return whether the text is JSON, where it is not, and what the server would refuse."""
    error = json_check.find_json_error(text)
    if error is not None:
        words = _("Line {line}, column {column}")
        if error.is_at_line_end:
            words = _("End of line {line}")
        place = words.format(line=error.line, column=error.column)
        return formatting.status_html(place, _(error.text), "warn")
    if not text.strip():
        return formatting.status_html(_("Empty"), "", "muted")
    refusal = json_check.expected_refusal(text, is_publication)
    if refusal:
        title = _("Valid JSON, but the server will refuse it")
        return formatting.status_html(title, refusal, "warn")
    return formatting.status_html(_("JSON is valid"), "", "ok")
