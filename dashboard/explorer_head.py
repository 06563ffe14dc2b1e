"""The Explorer's own buttons in its head: one step while paused, and the way out as a file.

No tick draws them again.
"""

from __future__ import annotations

import html

import streamlit as st

from dashboard import download, picking
from dashboard.words import N_, _

FORMS = {
    "jsonl": N_("JSON lines, as they came"),
    "csv": N_("A table, for spreadsheets"),
}


def draw() -> None:
    """Draw them."""
    listed: download.Listed = st.session_state.listed
    with st.popover(_("Download"), icon=":material/download:", key="export"):
        st.caption(_("Every message that the filters leave, not only the lines shown."))
        files = ((form, html.escape(_(about))) for form, about in FORMS.items())
        lines = (
            f'<div><a download href="{listed.address(form)}">{form.upper()} · {about}</a></div>'
            for form, about in files
        )
        st.html("".join(lines))
    if st.session_state.get("held"):
        st.button(
            _("Step"),
            icon=":material/skip_next:",
            key="step",
            shortcut="s",
            on_click=picking.step,
            help=_("Let the next message in that the filter takes"),
        )
