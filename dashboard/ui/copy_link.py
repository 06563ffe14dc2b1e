"""A button that copies the page's address, which contains the page's state."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.ui.theme import ASSETS_DIR

_component = st.components.v2.component(
    "copy_link",
    html=(ASSETS_DIR / "copy_link.html").read_text(),
    css=(ASSETS_DIR / "copy_link.css").read_text(),
    js=(ASSETS_DIR / "copy_link.js").read_text(),
)


def draw() -> None:
    """Draw the button; only in a full run, as nothing on it changes."""
    _component(
        key="copy-link",
        data={"label": _("Copy link"), "copied": _("Link copied")},
        width=36,
        height=36,
    )
