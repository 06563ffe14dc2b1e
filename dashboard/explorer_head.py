"""The Explorer's own buttons in its head: one step while paused, and the way out as a file.

They are drawn outside the ticks: a file that is being made would be gone with the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard import export, picking
from dashboard.history import Seen
from dashboard.words import _

EXPORTS: dict[str, Callable[[list[Seen]], bytes]] = {
    "jsonl": export.jsonl,
    "csv": export.csv_table,
}


def draw() -> None:
    """Draw them."""
    listed: picking.Listed = st.session_state.listed
    with st.popover(
        _("Download"), icon=":material/download:", key="export", help=_("As JSON lines or CSV")
    ):
        st.caption(_("Every message that the filters leave, not only the lines shown."))
        for form, write in EXPORTS.items():
            st.download_button(
                form.upper(),
                partial(_written, write, listed),
                f"messages.{form}",
                key=form,
                icon=":material/download:",
                on_click="ignore",
                width="stretch",
            )
    if st.session_state.get("held"):
        stepped = st.button(
            _("Step"),
            icon=":material/skip_next:",
            key="step",
            shortcut="s",
            help=_("Let the next message in that the filter takes"),
        )
        if stepped:  # no callback: where a tick tells of the click again, this is not run
            picking.step()


def _written(write: Callable[[list[Seen]], bytes], listed: picking.Listed) -> bytes:
    """Write the file, on a thread of Streamlit's, once somebody clicks."""
    return write(listed.messages())
