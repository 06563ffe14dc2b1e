"""The controls of the simulated shop: its clock, its rate, its seed, and single things to happen.

A fragment without a clock, so that no tick disturbs a slider or a text that is being written.
"""

from __future__ import annotations

import streamlit as st

from dashboard import commands, look, marks
from dashboard.commands import Outcome
from dashboard.shared import feed
from dashboard.simulation import ShopState
from dashboard.words import N_, _

SPEEDS = (1, 2, 5, 10, 30, 60)
RATES = (5, 10, 20, 50, 100, 200, 500, 1000)
PRIORITIES = {"low": N_("quiet"), "normal": N_("normal"), "high": N_("urgent")}
DONE = {  # what a command did, where it is told the order apart
    "pause": N_("The shop stands still."),
    "resume": N_("The shop goes on."),
    "speed": N_("The shop's clock runs at this speed."),
    "rate": N_("The shop publishes at this rate."),
    "restart": N_("The shop has begun anew."),
    "start_scenario": N_("The scenario has started."),
    "stop_scenario": N_("The scenario has been stopped."),
    "restock": N_("The shelves are filled."),
    "set_stock": N_("The shelf is set."),
    "announce": N_("Everybody who is connected has been told."),
}

DRAWN = "hand-drawn"

state = st.session_state


@st.fragment
def draw() -> None:
    """Draw the controls, as the shop is when the page is opened."""
    now = feed().snapshot()
    shop = now.shop
    state[DRAWN] = drawn(shop)
    if shop is None:
        return
    state.setdefault("speed", nearest(SPEEDS, shop.speed))
    state.setdefault("rate", nearest(RATES, shop.rate))
    state.setdefault("seed", shop.seed)
    with (
        look.card("hand", _("Simulated shop"), told(commands.outcome())),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        clock(shop)
        st.space("stretch")
        happenings(shop)


def drawn(shop: ShopState | None) -> tuple[bool, str] | None:
    """Return what the controls look different for."""
    return None if shop is None else (shop.running, shop.run)


def follow(shop: ShopState | None) -> None:
    """Draw the controls anew where the shop is not as they show it: somebody else told it."""
    if state.get(DRAWN) != drawn(shop):
        st.rerun()


def nearest(offered: tuple[int, ...], value: float) -> int:
    """Return the one of the offered values that is closest."""
    return min(offered, key=lambda one: abs(one - value))


def told(outcome: Outcome | None) -> str:
    """Say what came of the last command."""
    if outcome is None:
        return ""
    at = marks.clock(outcome.at)
    if outcome.why:
        return marks.dot(f"{at} · {outcome.why}", "bad")
    if outcome.order:
        words = _("{number} of {name} is {status}").format(
            number=outcome.order.number,
            name=outcome.order.customer.name,
            status=look.name(outcome.order.status),
        )
        return marks.dot(f"{at} · {words}", "ok")
    words = _(DONE[outcome.command]) if outcome.command in DONE else ""
    return marks.dot(f"{at} · {words}", "ok") if words else ""


def clock(shop: ShopState) -> None:
    """Draw what concerns the whole shop."""
    st.button(
        _("Pause the shop") if shop.running else _("Let it go on"),
        icon=":material/pause:" if shop.running else ":material/play_arrow:",
        key="stand-still",
        on_click=commands.tell,
        args=("pause" if shop.running else "resume",),
    )
    st.select_slider(
        _("Speed"),
        SPEEDS,
        key="speed",
        format_func=lambda speed: f"×{speed}",
        width=170,
        on_change=lambda: commands.tell("speed", speed=state.speed),
    )
    st.select_slider(
        _("Messages a second"),
        RATES,
        key="rate",
        width=190,
        on_change=lambda: commands.tell("rate", rate=state.rate),
        help=_("The mean of publications in a second of the shop's own time"),
    )
    with st.popover(_("Begin anew"), icon=":material/restart_alt:"):
        st.caption(_("The same seed plays the same day. Orders that are on their way are gone."))
        st.number_input(_("Seed"), 0, 2**31, key="seed", step=1)
        st.button(
            _("Begin anew"),
            key="restart",
            type="primary",
            on_click=lambda: commands.tell("restart", seed=state.seed),
        )


def happenings(shop: ShopState) -> None:
    """Draw what can be made to happen once."""
    outcome = commands.outcome()
    if outcome and (order := outcome.order):
        st.page_link(
            "views/orders.py",
            label=_("Follow {number}").format(number=order.number),
            icon=":material/receipt_long:",
            query_params={"order": order.id},
        )
    st.button(
        _("Place an order"),
        icon=":material/add_shopping_cart:",
        key="place",
        type="primary",
        on_click=commands.tell,
        args=("place_order",),
    )
    with st.popover(_("Stock"), icon=":material/trending_down:"):
        stock(shop)
    with st.popover(_("Announce"), icon=":material/campaign:"):
        announcement()


def stock(shop: ShopState) -> None:
    """Draw what sets a product's shelves, and what fills all of them."""
    names = {product.id: product.name for product in shop.products}
    product = st.selectbox(
        _("Product"), list(names), key="product", format_func=lambda id: names.get(id, id)
    )
    level = st.number_input(_("Left in each warehouse"), 0, 100_000, key="level", step=1)
    st.button(
        _("Set the stock"),
        key="set-stock",
        type="primary",
        on_click=commands.tell,
        args=("set_stock",),
        kwargs={"product": product, "level": level},
    )
    st.button(_("Fill every low shelf"), key="restock", on_click=commands.tell, args=("restock",))


def announcement() -> None:
    """Draw what tells everybody something."""
    with st.form("announcement", border=False, clear_on_submit=True):
        title = st.text_input(_("Title"), max_chars=120, key="announce-title")
        body = st.text_area(_("Words"), max_chars=500, key="announce-body", height=90)
        priority = st.segmented_control(
            _("How urgent"),
            list(PRIORITIES),
            default="normal",
            required=True,
            key="announce-priority",
            format_func=lambda name: _(PRIORITIES[name]),
        )
        if st.form_submit_button(_("Tell everybody"), type="primary"):
            commands.tell("announce", title=title, body=body, priority=priority)
            st.rerun(scope="fragment")
