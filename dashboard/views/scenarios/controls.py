"""Controls of the simulator: pause, speed, rate, reset, and one-off actions.

A fragment without a timer, so that ticks do not reset sliders and text fields.  The result of an
action is drawn by ``action_result``, which ticks.
"""

from __future__ import annotations

import streamlit as st

from common.text_markers import N_
from dashboard.dependencies import feed
from dashboard.i18n.translate import _
from dashboard.tab_session import tab
from dashboard.ui import simulator_commands
from dashboard.views.scenarios import reset_dialog
from protocol.event_payloads import Priority
from protocol.simulator_api import (
    Announce,
    PauseSimulation,
    PlaceOrder,
    Restock,
    ResumeSimulation,
    SetRate,
    SetSpeed,
    SetStock,
    ShopState,
)

SPEEDS = (1, 2, 5, 10, 30, 60)
MESSAGE_RATES = (5, 10, 20, 50, 100, 200, 500, 1000)
PRIORITIES = {"low": N_("quiet"), "normal": N_("normal"), "high": N_("urgent")}
CONTROL_PX = 150  # px of a control at least: two beside each other on a phone

state = st.session_state


@st.fragment
def draw() -> None:
    """Draw the controls with the simulator's current settings."""
    shop = feed().snapshot().shop
    if tab().scenarios.drawn_for != controls_state(shop) and shop is not None:
        state["speed"], state["rate"] = (
            nearest(SPEEDS, shop.speed),
            nearest(MESSAGE_RATES, shop.rate),
        )
    tab().scenarios.drawn_for = controls_state(shop)
    if shop is None:
        return
    state.setdefault("speed", nearest(SPEEDS, shop.speed))
    state.setdefault("rate", nearest(MESSAGE_RATES, shop.rate))
    with (
        st.container(border=True, key="fit-simulator"),
        st.grid(7, min_column_width=CONTROL_PX, vertical_alignment="bottom", gap="xsmall"),
    ):
        draw_simulation_controls(shop)
        draw_actions(shop)


def controls_state(shop: ShopState | None) -> tuple[bool, str, float, float] | None:
    """Return the state that the controls depend on."""
    return None if shop is None else (shop.running, shop.run, shop.speed, shop.rate)


def rerun_if_changed(shop: ShopState | None) -> None:
    """Rerun if the simulator's state changed elsewhere."""
    if tab().scenarios.drawn_for != controls_state(shop):
        st.rerun()


def nearest(offered: tuple[int, ...], value: float) -> int:
    """Return the closest of the offered values."""
    return min(offered, key=lambda one: abs(one - value))


def draw_simulation_controls(shop: ShopState) -> None:
    """Draw pause, reset, speed and rate."""
    st.button(
        _("Pause the shop") if shop.running else _("Resume the shop"),
        icon=":material/pause:" if shop.running else ":material/play_arrow:",
        key="pause-simulation",
        type="secondary" if shop.running else "primary",
        width="stretch",
        on_click=simulator_commands.send_command,
        args=(PauseSimulation() if shop.running else ResumeSimulation(),),
    )
    if st.button(_("Reset"), icon=":material/restart_alt:", key="reset", width="stretch"):
        reset_dialog.draw(shop)
    st.select_slider(
        _("Speed"),
        SPEEDS,
        key="speed",
        format_func=lambda speed: f"×{speed}",
        on_change=lambda: simulator_commands.send_command(SetSpeed(speed=state.speed)),
    )
    st.select_slider(
        _("Messages per second"),
        MESSAGE_RATES,
        key="rate",
        on_change=lambda: simulator_commands.send_command(SetRate(rate=state.rate)),
        help=_("Average publications per second of simulated time"),
    )


def draw_actions(shop: ShopState) -> None:
    """Draw one-off actions: order, stock, announcement."""
    st.button(
        _("Place an order"),
        key="place",
        type="primary",
        width="stretch",
        on_click=simulator_commands.send_command,
        args=(PlaceOrder(),),
    )
    with st.popover(_("Stock"), icon=":material/trending_down:", width="stretch"):
        draw_stock_form(shop)
    with st.popover(_("Announce"), icon=":material/campaign:", width="stretch"):
        draw_announcement_form()


def draw_stock_form(shop: ShopState) -> None:
    """Draw the form that sets a product's stock, and the button that replenishes."""
    names = {product.id: product.name for product in shop.products}
    product = st.selectbox(
        _("Product"), list(names), key="product", format_func=lambda id: names.get(id, id)
    )
    level = st.number_input(_("Quantity per warehouse"), 0, 100_000, key="level", step=1)
    st.button(
        _("Set stock"),
        key="set-stock",
        type="primary",
        on_click=simulator_commands.send_command,
        args=(SetStock(product=product, level=level),),
    )
    st.button(
        _("Replenish low stock"),
        key="restock",
        on_click=simulator_commands.send_command,
        args=(Restock(),),
    )


def draw_announcement_form() -> None:
    """Draw the announcement form."""
    with st.form("announcement", border=False, clear_on_submit=True):
        title = st.text_input(_("Title"), max_chars=120, key="announce-title")
        body = st.text_area(_("Text"), max_chars=500, key="announce-body", height=90)
        priority = st.segmented_control(
            _("Priority"),
            list(PRIORITIES),
            default="normal",
            required=True,
            key="announce-priority",
            format_func=lambda name: _(PRIORITIES[name]),
        )
        if st.form_submit_button(_("Send to everyone"), type="primary"):
            simulator_commands.send_command(
                Announce(title=title, body=body, priority=Priority(priority))
            )
            st.rerun(scope="fragment")
