"""The reset of the shop: the tab forgets the old shop's data and says what happened."""

from __future__ import annotations

import streamlit as st
from msgspec import UNSET

from dashboard.dependencies import feed
from dashboard.i18n.translate import _
from dashboard.tab_session import OF_SHOP, tab
from dashboard.ui.formatting import format_time


def follow() -> None:
    """Forget the old shop's data if the shop was reset elsewhere; call it before each redraw."""
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
    forget()
    st.rerun()


def forget() -> None:
    """Forget the old shop's data in this tab, which has sent the command or noticed the reset.

    The result of the command stays; if it failed, nothing else is forgotten either.
    """
    result = tab().command_result
    if result is not None and result.error:
        return
    tab().known_reset_at = feed().reset_at
    tab().forget_shop()
    if result is not None and result.command == "reset":
        tab().command_result = result
    for parameter in OF_SHOP:
        st.query_params.pop(parameter, None)
