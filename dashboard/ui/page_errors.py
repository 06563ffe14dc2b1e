"""Errors in a page: kept in the tab and shown above the page until they are dismissed.

Streamlit logs an exception and draws it where it was raised.  In a fragment that is redrawn
periodically the next redraw wipes it away within a second, and an exception in a callback replaces
the first element of the page, which can leave the page blank.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.i18n.translate import _
from dashboard.tab_session import PageError, tab
from dashboard.ui import formatting


def record_error(error: Exception) -> bool:
    """Keep an exception for ``draw``; returns whether Streamlit need not show it.

    Only the redraw of a fragment may hide it: a whole page that fails draws nothing afterwards.
    """
    before = tab().page_error
    text = f"{type(error).__name__}: {error}"
    count = before.count + 1 if before and before.text == text else 1
    tab().page_error = PageError(text, count)
    context = get_script_run_ctx()
    return bool(context and context.fragment_ids_this_run)


def draw() -> None:
    """Draw the last error, if there is one."""
    error = tab().page_error
    if error is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="page-error"):
        title = _("An error in this page. The workbench's log has the details.")
        times = f" (×{error.count})" if error.count > 1 else ""
        st.error(
            f"**{title}**  \n{formatting.escape_markdown(error.text)}{times}",
            icon=":material/error:",
        )
        st.button(_("Dismiss"), key="dismiss-error", on_click=dismiss)


def dismiss() -> None:
    """Forget the error."""
    tab().page_error = None
