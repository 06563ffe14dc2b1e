"""The reset of the shop: the tab starts over, and says what happened if it was another's."""

from __future__ import annotations

import streamlit as st
from msgspec import UNSET

from dashboard.dependencies import feed
from dashboard.i18n.translate import _
from dashboard.tab_session import KEPT_PAGES, tab
from dashboard.ui.formatting import format_time


def follow() -> None:
    """Start over if the shop was reset elsewhere; call it before each redraw."""
    reset_at = feed().reset_at
    if tab().known_reset_at == reset_at:
        if tab().reset_notice:
            st.toast(tab().reset_notice, icon=":material/restart_alt:", duration="infinite")
            tab().reset_notice = ""
        return
    is_new_tab = tab().known_reset_at is UNSET
    tab().known_reset_at = reset_at
    if is_new_tab or reset_at is None:
        return
    words = _("The shop was reset at {time} in another tab.")
    tab().reset_notice = words.format(time=format_time(reset_at))
    start_over()
    # Where nothing is put back, the run goes on: Streamlit would drop the click that began it.
    if tab().url_values.page not in KEPT_PAGES:
        st.rerun()


def start_over() -> None:
    """Put all pages of this tab back, which has reset the shop or noticed a reset."""
    tab().known_reset_at = feed().reset_at
    tab().start_over(st.query_params)
