"""Pause redrawing while the browser tab is hidden.

A browser keeps requesting redraws of a hidden tab, and each costs as much as one of a visible
tab.
"""

from __future__ import annotations

import streamlit as st

from dashboard.ui.theme import ASSETS_DIR

COMPONENT_KEY = "visibility"
_SCRIPT = (ASSETS_DIR / "hidden_tab.js").read_text()
_component = st.components.v2.component(COMPONENT_KEY, js=_SCRIPT)


def is_hidden() -> bool:
    """Tell whether the tab is hidden, and has been for a short time."""
    return bool(st.session_state.get(COMPONENT_KEY, {}).get("hidden"))


def mount() -> None:
    """Mount the component that reports visibility; once per full run."""
    _component(key=COMPONENT_KEY, data={"hidden": is_hidden()}, on_hidden_change=lambda: None)


def run_every(seconds: float) -> float | None:
    """Return the redraw interval; None, for no redraw, in a hidden tab."""
    return None if is_hidden() else seconds
