"""The dialog that resets the shop, after it has said what will be lost."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.tab_session import tab
from dashboard.ui import shop_reset, simulator_commands
from protocol.simulator_api import ResetSimulation, ShopLanguage, ShopState

# In themselves, as in the sidebar.
LANGUAGE_NAMES = {ShopLanguage.UKRAINIAN: "Українська", ShopLanguage.ENGLISH: "English"}


def draw(shop: ShopState) -> None:
    """Open the dialog."""
    st.dialog(_("Reset the shop?"), icon=":material/restart_alt:")(_draw_body)(shop)


def _draw_body(shop: ShopState) -> None:
    st.markdown(
        _(
            "The shop starts again at speed ×1. This ends running scenarios, and discards the "
            "shop's orders and stock. In all tabs it discards the workbench's counters, charts, "
            "alerts, lists, filters and selections, and the Console's frames and text."
        )
    )
    st.markdown(
        _(
            "**What stays:** pinned channels; saved messages (*Saved* in the Explorer); the "
            "clients' connections, whose age and counters go on; the server's own metrics. The "
            "server keeps earlier chats, but the Inbox no longer lists them."
        )
    )
    if not shop.running:
        st.markdown(_("The shop stays paused until you resume it."))
    left, right = st.columns(2)
    left.number_input(
        _("Seed"),
        0,
        2**31,
        value=shop.seed,
        step=1,
        key="reset-seed",
        help=_("The same seed reproduces the same day."),
    )
    right.segmented_control(
        _("Shop language"),
        list(LANGUAGE_NAMES),
        default=shop.language,
        required=True,
        key="reset-language",
        format_func=LANGUAGE_NAMES.__getitem__,
        help=_("Of products, names, notifications and chats. The pages have their own language."),
    )
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if st.button(_("Cancel"), key="reset-cancel"):
            st.rerun()
        if st.button(_("Reset"), key="reset-confirm", type="primary", on_click=_reset):
            st.rerun()


def _reset() -> None:
    chosen = st.session_state
    command = ResetSimulation(seed=chosen["reset-seed"], language=chosen["reset-language"])
    simulator_commands.send_command(command)
    result = simulator_commands.last_result()
    if result is not None and not result.error:
        shop_reset.start_over()
        tab().command_result = result  # the page still shows it
