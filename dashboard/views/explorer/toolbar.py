"""The Explorer's toolbar: download, and a single step while paused.

Drawn by full runs; ticks only replace the text of the download menu.
"""

from __future__ import annotations

import html
from collections.abc import Callable

import streamlit as st

from dashboard.i18n.translate import _, ngettext
from dashboard.messages.search import SearchResult
from dashboard.tab_session import tab
from dashboard.ui import formatting
from dashboard.views.explorer import selection
from dashboard.web import download


def draw() -> Callable[[SearchResult], None]:
    """Draw the toolbar; returns a function that shows what a download would write."""
    source = tab().explorer.download
    with st.popover(_("Download"), icon=":material/download:", key="export"):
        slot = st.empty()
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

    def show_count(found: SearchResult) -> None:
        slot.caption(count_text(found))

    return show_count


def count_text(found: SearchResult) -> str:
    """Return how many messages a download writes."""
    if found.unsearched:
        return _("All messages that match the filters, also those not searched yet.")
    words = ngettext(
        "Writes {count} message, all that match the filters.",
        "Writes {count} messages, all that match the filters.",
        found.total,
    )
    return words.format(count=formatting.format_number(found.total))
