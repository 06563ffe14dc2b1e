"""Widgets whose value is one of the tab's ``UrlValues``.

Streamlit's ``bind="query-params"`` names the parameter after the widget's key, which is one for all
pages, and stores a choice's label, which would be lost when the language changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import streamlit as st

from dashboard.i18n.translate import _, current_language
from dashboard.tab_session import KEPT_PAGES, tab

SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "explorer": ("channel", "type", "text", "user", "view", "message"),
    "connections": ("who", "channel", "connection", "ask"),
    "orders": ("order", "find"),
}
"""Parameters of a page that say what it shows: a link that asks for one replaces them all."""
ON = "on"  # a switch's value in the URL


def select(
    page: str,
    parameter: str,
    label: str,
    options: Mapping[str, str],
    on_change: Callable[[], Any] | None = None,
    element: Callable[..., Any] = st.selectbox,
    **widget_options: Any,
) -> str:
    """Draw a list of options (name in the URL, and text marked by ``N_``); return the name.

    The first option is the default, and not written into the URL.
    """
    names = list(options)
    shown = {name: _(text) for name, text in options.items()}
    widget = _select_key(page, parameter)
    # Not set in the session: a run that had begun before a choice would send the value before it to
    # the browser, and the next clock's message would bring that back.
    chosen = selected(page, parameter, options)
    if element is st.selectbox:
        widget_options["index"] = names.index(chosen)
    else:
        widget_options["default"] = chosen
    name: str = element(
        label,
        names,
        key=widget,
        format_func=shown.__getitem__,
        on_change=on_change,
        **widget_options,
    )
    keep_value(page, parameter, name, default=names[0])
    return name


def selected(page: str, parameter: str, options: Mapping[str, str]) -> str:
    """Return the selected value, also before the widget is drawn."""
    wanted = st.session_state.get(_select_key(page, parameter), kept_value(page, parameter))
    return wanted if wanted in options else next(iter(options))


def set_selected(page: str, parameter: str, name: str = "") -> None:
    """Select an option, by default the first; for callbacks.

    The widget gets a new key: a message that is already under way still has the value before, and
    would bring that back.
    """
    versions = tab().select_versions
    versions[page, parameter] = versions.get((page, parameter), 0) + 1
    keep_value(page, parameter, name)


def search_input(page: str, parameter: str, label: str, **widget_options: Any) -> str:
    """Draw a search field that reports every key; return its text.  See ``set_search``."""
    text: str | None = st.text_input(
        label,
        # A value set in the session is sent to the browser once, and lost if a second run replaces
        # the first before the field is there; a default is part of every run.
        kept_value(page, parameter),
        key=_field_key(page, parameter),
        type="search",
        live=True,
        label_visibility="collapsed",
        **widget_options,
    )
    keep_value(page, parameter, text or "", default="")
    return text or ""


def set_search(page: str, parameter: str, text: str) -> None:
    """Set the text of a search field; for callbacks."""
    st.session_state[_field_key(page, parameter)] = text
    keep_value(page, parameter, text)


def toggle(
    page: str,
    parameter: str,
    label: str,
    on_change: Callable[[], Any] | None = None,
    **widget_options: Any,
) -> bool:
    """Draw a switch that is off by default; return whether it is on."""
    on: bool = st.toggle(
        label,
        is_on(page, parameter),  # not in the session: see ``select``
        key=_field_key(page, parameter),
        on_change=on_change,
        **widget_options,
    )
    keep_value(page, parameter, ON if on else "")
    return on


def is_on(page: str, parameter: str) -> bool:
    """Return the state of a switch, also before it is drawn."""
    kept: bool = st.session_state.get(
        _field_key(page, parameter), kept_value(page, parameter) == ON
    )
    return kept


def open_page(page: str) -> None:
    """Take what the link to a page asks for; call it in full runs, before the page draws."""
    tab().url_values.open_page(page, SUBJECTS.get(page, ()), st.query_params)


def take_link(page: str) -> bool:
    """Return, once, whether a link to a subject has led here: earlier selections are over."""
    return tab().url_values.take_link(page)


def kept_value(page: str, parameter: str) -> str:
    """Return the value of an earlier run, else what the URL asks of this page, else nothing."""
    return tab().url_values.get(page, parameter, st.query_params)


def asked_value(page: str, parameter: str) -> str:
    """Return what the URL asks of this page, else the value of an earlier run; for full runs."""
    return tab().url_values.asked(page, parameter, st.query_params)


def keep_value(page: str, parameter: str, value: str, default: str = "") -> None:
    """Keep a value for later runs, and in the URL, where the default is left out."""
    tab().url_values.put(page, parameter, value, st.query_params, default)


def new_tab_url(page: str, parameters: Mapping[str, str]) -> str:
    """Return the address of a page for a new tab, with this tab's persona and language."""
    shared = tab().url_values.shared(st.query_params)
    query = urlencode({**shared, **parameters})
    path = f"/{quote(page, safe='')}"
    return f"{path}?{query}" if query else path


def _field_key(page: str, parameter: str) -> str:
    key = f"{page}-{parameter}"
    return key if page in KEPT_PAGES else tab().widget_key(key)


def _select_key(page: str, parameter: str) -> str:
    # A list in another language is another widget: the browser answers by what is shown.
    version = tab().select_versions.get((page, parameter))
    return "-".join(
        [_field_key(page, parameter), current_language(), *([str(version)] if version else [])]
    )
