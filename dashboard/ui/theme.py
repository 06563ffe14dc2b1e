"""Theme: colours, cards and empty states.

A colour means a channel's kind or a severity; it is the same on every page and in both themes.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from common.text_markers import N_
from dashboard.i18n.translate import _
from dashboard.state.channels import EVERYONE_KIND
from dashboard.ui.formatting import split_row_html

ASSETS_DIR = Path(__file__).parent / "assets"
# A :material: page icon would be loaded from another host.
FAVICON = str(ASSETS_DIR / "favicon.png")
CardSize = Literal["fit", "even", "rest", "pane"]
"""Height of a card: its content's, its neighbour's, the rest of the window, the whole window."""
HEIGHTS: dict[CardSize, Any] = {  # app.css adjusts the last two to the window
    "fit": "content",
    "even": "stretch",
    "rest": 300,
    "pane": 800,
}

KIND_HEX = {
    "user": "#2F6FEB",
    "order": "#7A4FE0",
    "tenant": "#C4387F",
    "public": "#A67C00",
    "monitor": "#7A8699",
    EVERYONE_KIND: "#129384",
}
TONE_HEX = {
    "ok": "#2F8A46",
    "warn": "#E07B12",
    "bad": "#E5384B",
    "info": "#2F6FEB",
    "accent": "#129384",
    "muted": "#7A8699",
}
KIND_TONES = {kind: kind for kind in KIND_HEX}
STATUS_TONES = {
    "pending": "muted",
    "paid": "info",
    "processing": "info",
    "shipped": "accent",
    "delivered": "ok",
    "payment_failed": "bad",
    "cancelled": "muted",
    "refunded": "warn",
}
ALERT_TONES = {
    "out_of_stock": "bad",
    "low_stock": "warn",
    "still_low": "warn",
    "back_in_stock": "ok",
}
DISPLAY_NAMES = {  # of values of the protocol; others are shown as they are
    "out_of_stock": N_("out"),
    "low_stock": N_("low"),
    "back_in_stock": N_("back"),
    "still_low": N_("still low"),
    "pending": N_("pending"),
    "paid": N_("paid"),
    "processing": N_("processing"),
    "shipped": N_("shipped"),
    "delivered": N_("delivered"),
    "payment_failed": N_("not paid"),
    "cancelled": N_("cancelled"),
    "refunded": N_("refunded"),
    "running": N_("running"),
    "passed": N_("passed"),
    "failed": N_("failed"),
    "item_added": N_("added"),
    "item_removed": N_("removed"),
    "quantity_changed": N_("changed"),
    "cleared": N_("cleared"),
}


def display_name(word: str) -> str:
    """Return the translated name of a value of the protocol, short enough for a column."""
    return _(DISPLAY_NAMES[word]) if word in DISPLAY_NAMES else word


@contextmanager
def card(
    key: str,
    title: str,
    aside: str | None = "",
    size: CardSize = "fit",
    draw_controls: Callable[[], None] | None = None,
) -> Iterator[Callable[[str], None]]:
    """Draw a card: title on the left, a line of HTML on the right; for ``size`` see CardSize.

    If ``aside`` is None, the caller calls the yielded function with it once, when the card's
    content is known.  ``draw_controls`` draws widgets at the right of the line.
    """
    with st.container(border=True, key=f"{size}-{key}", gap="xsmall", height=HEIGHTS[size]):
        head = st.container()
        if draw_controls:
            with head.container(
                key=f"controls-{key}", horizontal=True, vertical_alignment="center", gap="small"
            ):
                head = st.container(width="stretch")
                draw_controls()

        def draw_head(aside: str) -> None:
            # A heading, so that a screen reader can go from card to card.
            heading = f'<b role="heading" aria-level="2">{html.escape(title)}</b>'
            head.html(split_row_html(heading, aside, "quiet"))

        if aside is not None:
            draw_head(aside)
        yield draw_head


def draw_empty_state(
    icon: str, title: str, hint: str, draw_action: Callable[[], None] | None = None
) -> None:
    """Draw an empty state: icon, title and hint, and what ``draw_action`` draws below."""
    with st.container(
        horizontal_alignment="center", vertical_alignment="center", height="stretch", gap="xxsmall"
    ):
        st.markdown(f":gray[:material/{icon}:] **{title}**", width="content")
        st.caption(hint, width="content", text_alignment="center")
        if draw_action:
            draw_action()
