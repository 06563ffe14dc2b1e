"""Controls of the simulator: pause, speed, rate, seed, and one-off actions.

A fragment without a timer, so that ticks do not reset sliders and text fields.
"""

from __future__ import annotations

import streamlit as st

from common.text_markers import N_
from dashboard.dependencies import feed
from dashboard.i18n.translate import _
from dashboard.tab_session import CommandResult, tab
from dashboard.ui import formatting, simulator_commands, theme
from protocol.event_payloads import Priority
from protocol.simulator_api import (
    Announce,
    PauseSimulation,
    PlaceOrder,
    RestartSimulation,
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
SUCCESS_TEXTS = {  # by command; commands on an order show the order instead
    "pause": N_("Simulation paused."),
    "resume": N_("Simulation resumed."),
    "speed": N_("Simulation speed set."),
    "rate": N_("Publish rate set."),
    "restart": N_("Simulation restarted."),
    "start_scenario": N_("Scenario started."),
    "stop_scenario": N_("Scenario stopped."),
    "restock": N_("Low stock replenished."),
    "set_stock": N_("Stock set."),
    "announce": N_("Announcement sent to all connected clients."),
}

state = st.session_state


@st.fragment
def draw() -> None:
    """Draw the controls with the simulator's current settings."""
    now = feed().snapshot()
    shop = now.shop
    tab().scenarios.drawn_for = controls_state(shop)
    if shop is None:
        return
    state.setdefault("speed", nearest(SPEEDS, shop.speed))
    state.setdefault("rate", nearest(MESSAGE_RATES, shop.rate))
    state.setdefault("seed", shop.seed)
    with (
        theme.card("simulator", _("Simulated shop"), result_html(simulator_commands.last_result())),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        draw_simulation_controls(shop)
        st.space("stretch")
        draw_actions(shop)


def controls_state(shop: ShopState | None) -> tuple[bool, str] | None:
    """Return the state that the controls depend on."""
    return None if shop is None else (shop.running, shop.run)


def rerun_if_changed(shop: ShopState | None) -> None:
    """Rerun if the simulator's state changed elsewhere."""
    if tab().scenarios.drawn_for != controls_state(shop):
        st.rerun()


def nearest(offered: tuple[int, ...], value: float) -> int:
    """Return the closest of the offered values."""
    return min(offered, key=lambda one: abs(one - value))


def result_html(result: CommandResult | None) -> str:
    """Return the result of the last command as HTML."""
    if result is None:
        return ""
    at = formatting.format_time(result.at)
    if result.error:
        return formatting.dot_html(f"{at} · {result.error}", "bad")
    if result.order:
        words = _("{number} ({name}): {status}").format(
            number=result.order.number,
            name=result.order.customer.name,
            status=theme.display_name(result.order.status),
        )
        return formatting.dot_html(f"{at} · {words}", "ok")
    words = _(SUCCESS_TEXTS[result.command]) if result.command in SUCCESS_TEXTS else ""
    return formatting.dot_html(f"{at} · {words}", "ok") if words else ""


def draw_simulation_controls(shop: ShopState) -> None:
    """Draw pause, speed, rate and restart."""
    st.button(
        _("Pause simulation") if shop.running else _("Resume simulation"),
        icon=":material/pause:" if shop.running else ":material/play_arrow:",
        key="pause-simulation",
        on_click=simulator_commands.send_command,
        args=(PauseSimulation() if shop.running else ResumeSimulation(),),
    )
    st.select_slider(
        _("Speed"),
        SPEEDS,
        key="speed",
        format_func=lambda speed: f"×{speed}",
        width=170,
        on_change=lambda: simulator_commands.send_command(SetSpeed(speed=state.speed)),
    )
    st.select_slider(
        _("Messages per second"),
        MESSAGE_RATES,
        key="rate",
        width=190,
        on_change=lambda: simulator_commands.send_command(SetRate(rate=state.rate)),
        help=_("Average publications per second of simulated time"),
    )
    with st.popover(_("Restart"), icon=":material/restart_alt:"):
        st.caption(_("The same seed reproduces the same day. Open orders are discarded."))
        st.number_input(_("Seed"), 0, 2**31, key="seed", step=1)
        st.button(
            _("Restart"),
            key="restart",
            type="primary",
            on_click=lambda: simulator_commands.send_command(RestartSimulation(seed=state.seed)),
        )


def draw_actions(shop: ShopState) -> None:
    """Draw one-off actions: order, stock, announcement."""
    outcome = simulator_commands.last_result()
    if outcome and (order := outcome.order):
        st.page_link(
            "views/orders/page.py",
            label=_("Follow {number}").format(number=order.number),
            icon=":material/receipt_long:",
            query_params={"order": order.id},
        )
    st.button(
        _("Place an order"),
        icon=":material/add_shopping_cart:",
        key="place",
        type="primary",
        on_click=simulator_commands.send_command,
        args=(PlaceOrder(),),
    )
    with st.popover(_("Stock"), icon=":material/trending_down:"):
        draw_stock_form(shop)
    with st.popover(_("Announce"), icon=":material/campaign:"):
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
        if st.form_submit_button(_("Broadcast"), type="primary"):
            simulator_commands.send_command(
                Announce(title=title, body=body, priority=Priority(priority))
            )
            st.rerun(scope="fragment")
