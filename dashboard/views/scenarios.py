"""Scenarios: start and stop scenarios, and control the simulator."""

from __future__ import annotations

import streamlit as st

from dashboard import charts, commands, frame, hand, look, marks, simulation
from dashboard.ask import Unanswered
from dashboard.channels import EVERYONE, KINDS
from dashboard.rates import WINDOW_S
from dashboard.shared import control, feed
from dashboard.simulation import Scenario, ShopState
from dashboard.state import Snapshot
from dashboard.words import N_, _, language, ngettext

ICONS = {
    "calm-day": "sunny",
    "flash-sale": "bolt",
    "stock-out": "inventory_2",
    "courier-strike": "local_shipping",
    "payment-outage": "credit_card_off",
    "chat-rush": "forum",
    "slow-client": "hourglass_bottom",
    "reconnect-storm": "sync_problem",
}
OTHER_ICON = "science"
PAGES = {
    "overview": N_("Overview"),
    "explorer": N_("Explorer"),
    "orders": N_("Orders"),
    "inventory": N_("Inventory"),
    "inbox": N_("Inbox"),
    "console": N_("Console"),
    "connections": N_("Connections"),
}
HEIGHT = 196  # px of a scenario's card, so that none changes it when it starts


def draw() -> None:
    """Draw one moment: how far each scenario is, and what that does to the traffic."""
    held, now = frame.moment(), feed().snapshot()  # a hand on the shop is never held
    hand.follow(now.shop)
    live_line(shop_line(now))
    try:
        scenarios = control().scenarios()
    except Unanswered as why:
        return away(_(str(why)))
    with st.grid(4, min_column_width=230, gap="xsmall"):
        for scenario in scenarios:
            card(scenario, now.shop if not now.stock.trouble else None)
    effect(held, scenarios)


def shop_line(now: Snapshot) -> str:
    """Say how the shop is: its clock, its speed and what runs."""
    shop = now.shop
    if shop is not None and now.stock.trouble:
        return _("no data from the simulator since {at}: {why}").format(
            at=marks.clock(now.stock.at or now.at), why=_(now.stock.trouble)
        )
    if shop is None or shop.now is None:
        return _("waiting for the simulator")
    count = len(shop.scenarios)
    running = ngettext("{count} scenario running", "{count} scenarios running", count)
    return " · ".join(
        (
            _("simulated time {time}").format(time=marks.clock(shop.now.timestamp())),
            _("speed ×{speed}").format(speed=f"{shop.speed:g}") if shop.running else _("paused"),
            _("seed {seed}").format(seed=shop.seed),
            running.format(count=count) if count else _("no scenario running"),
        )
    )


def away(why: str) -> None:
    """Draw an empty state while the simulator cannot be reached."""
    with st.container(border=True, key="pane-nothing", height=look.HEIGHTS["pane"]):
        look.empty(
            "toys_fan",
            _("Simulator not running"),
            _(
                "Scenarios run in the simulator: {why}. Start it with "
                "`python -m simulator`; `WORKBENCH_SIMULATOR_URL` "
                "sets its address. This page connects automatically."
            ).format(why=why),
        )


def card(scenario: Scenario, shop: ShopState | None) -> None:
    """Draw one scenario: what it does, what to watch where, and how far it is."""
    running = shop.scenario(scenario.name) if shop else None
    code = language()
    icon = ICONS.get(scenario.name, OTHER_ICON)
    with st.container(
        border=True, key=f"fit-scenario-{scenario.name}", gap="xxsmall", height=HEIGHT
    ):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            title = marks.plain(simulation.in_language(scenario.title, code))
            st.markdown(f":material/{icon}: **{title}**", width="stretch")
            st.button(
                _("Stop") if running else _("Run"),
                key=f"run-{scenario.name}",
                type="primary" if running else "secondary",
                disabled=shop is None,
                on_click=commands.tell,
                args=("stop_scenario" if running else "start_scenario",),
                kwargs={"name": scenario.name},
            )
        st.caption(marks.plain(simulation.in_language(scenario.sentence, code)))
        watch = marks.plain(simulation.in_language(scenario.watch, code))
        st.caption(f":material/visibility: {watch}")
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            for name in scenario.pages:
                if (look.HERE / "views" / f"{name}.py").exists():
                    st.page_link(f"views/{name}.py", label=_(PAGES[name]))
            st.space("stretch")
            left = running.left_s if running else scenario.lasts_s
            words = _("{time} left") if running else _("lasts {time}")
            st.caption(words.format(time=marks.span(left)), width="content")
        st.html(marks.gauge(running.progress if running else 0.0, "accent" if running else "none"))


def effect(now: Snapshot, scenarios: tuple[Scenario, ...]) -> None:
    """Draw the traffic of the last two minutes, with what was started in it."""
    rows = now.series.window(KINDS)
    named = [kind for kind in KINDS if kind != EVERYONE or any(row[EVERYONE] for row in rows)]
    legend = "".join(marks.dot(f"{kind} {marks.number(rows[-1][kind], 1)}", kind) for kind in named)
    title = _("Effect: messages/s by channel kind")
    with look.card("effect", title, legend, size="rest"):
        titles = {one.name: simulation.in_language(one.title, language()) for one in scenarios}
        began = {
            round(seen.at - now.at): titles.get(seen.name, seen.name)
            for seen in now.played
            if now.at - seen.at < WINDOW_S
        }
        table = charts.throughput_frame(rows, began)
        st.vega_lite_chart(table, charts.throughput(), key="effect", height="stretch", alt=title)


live_line = frame.header(_("Scenarios"))
hand.draw()
frame.live("scenarios", draw)
