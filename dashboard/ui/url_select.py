"""A single-choice widget whose value is kept in the URL and labelled in the tab's language.

Streamlit's ``bind="query-params"`` stores the label, and would lose the choice when
the language changes; it is used where value and label are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard.i18n.translate import _, current_language


def select(
    key: str,
    label: str,
    options: Mapping[str, str],
    on_change: Callable[[], Any] | None = None,
    element: Callable[..., Any] = st.selectbox,
    **widget_options: Any,
) -> str:
    """Draw a list of options (name in the URL, and text marked by ``N_``); return the name.

    The first option is the default, and not written into the URL.  The choice is at
    ``st.session_state[key]`` and stays while another page is shown.
    """
    names = list(options)
    shown = {name: _(text) for name, text in options.items()}
    widget = _widget_key(key)
    st.session_state[widget] = selected(key, options)
    name: str = element(
        label,
        names,
        key=widget,
        format_func=shown.__getitem__,
        on_change=on_change,
        **widget_options,
    )
    st.session_state[key] = name
    if name == names[0]:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != name:
        st.query_params[key] = name
    return name


def selected(key: str, options: Mapping[str, str]) -> str:
    """Return the selected value, also before the widget is drawn."""
    state = st.session_state
    wanted = state.get(_widget_key(key), state.get(key, st.query_params.get(key)))
    return wanted if wanted in options else next(iter(options))


def _widget_key(key: str) -> str:
    # A list in another language is another widget: the browser answers by what is shown.
    return f"{key}-{current_language()}"
