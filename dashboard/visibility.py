"""Pause redrawing while the browser tab is hidden.

A browser goes on asking for a hidden tab's next moment, and each costs the workbench as much as
one that is looked at.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

KEY = "visibility"
_SCRIPT = Path(__file__).with_suffix(".js").read_text()
_watch = st.components.v2.component(KEY, js=_SCRIPT)


def is_hidden() -> bool:
    """Tell whether the tab has been out of sight for more than a moment."""
    return bool(st.session_state.get(KEY, {}).get("hidden"))


def watch() -> None:
    """Mount the component that reports visibility; once per full run."""
    _watch(key=KEY, data={"hidden": is_hidden()}, on_hidden_change=lambda: None)


def every(seconds: float) -> float | None:
    """Return how often to draw what should be drawn so often: in a hidden tab never."""
    return None if is_hidden() else seconds
