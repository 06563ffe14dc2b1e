"""The Explorer's toolbar: download, and a single step while paused.

Drawn by full runs only, not by ticks.
"""

from __future__ import annotations

import html

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.tab_session import tab
from dashboard.views.explorer import selection
from dashboard.web import download


def draw() -> None:
    """Draw the toolbar."""
    source = tab().explorer.download
    with st.popover(_("Download"), icon=":material/download:", key="export"):
        st.caption(_("All messages that match the filters, not only the rows shown."))
        for name, form in download.FORMATS.items():
            words = html.escape(f"{name.upper()} · " + _(form.description))
            st.html(f'<a download href="{source.url_path(name)}">{words}</a>')
    if tab().paused_snapshot is not None:
        st.button(
            _("Step"),
            icon=":material/skip_next:",
            key="step",
            shortcut="s",
            on_click=selection.step_while_paused,
            help=_("Show the next message that matches the filter"),
        )
