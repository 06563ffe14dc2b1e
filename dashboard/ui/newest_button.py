"""The button that releases a frozen list, with the number of new items."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.i18n.translate import _


def draw(
    key: str,
    new_count: str,
    is_frozen: bool,
    on_click: Callable[[], None],
    width: int,
    shortcut: str | None = None,
) -> None:
    """Draw the button; it is disabled while the list is live, and prominent if items are new."""
    has_new = is_frozen and new_count != "0"
    st.button(
        _("{count} new").format(count=new_count) if has_new else _("Newest"),
        key=key,
        icon=":material/vertical_align_top:",
        shortcut=shortcut,
        type="primary" if has_new else "secondary",
        disabled=not is_frozen,
        on_click=on_click,
        width=width,
    )
