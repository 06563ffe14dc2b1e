"""Errors outside of a page's redraw, such as in a callback: kept for ``page_frame`` to show.

Streamlit logs them.  It also draws them in place of the first element of the page if only a
fragment runs, which can leave the page blank, and removes them with the next full run.
"""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.dependencies import feed
from dashboard.tab_session import PageError, tab


def record_error(error: Exception) -> bool:
    """Keep an exception until it is dismissed; returns whether Streamlit must not draw it.

    Only in the run of a fragment: a whole page that failed has nothing else to show it.
    """
    tab().page_error = PageError(feed().now(), f"{type(error).__name__}: {error}")
    context = get_script_run_ctx()
    return bool(context and context.fragment_ids_this_run)
