"""Scenarios: start and stop scenarios, and control the simulator."""

from __future__ import annotations

from urllib.parse import parse_qsl

import streamlit as st

from client.http_client import ApiRequestError
from common.text_markers import N_
from dashboard.dependencies import feed, simulator_client
from dashboard.i18n.translate import _, current_language, ngettext
from dashboard.state.live_state import Snapshot
from dashboard.ui import (
    formatting,
    page_frame,
    shop_strip,
    simulator_commands,
    theme,
    throughput_card,
)
from dashboard.views.scenarios import action_result, controls
from protocol.simulator_api import (
    RunningScenario,
    ScenarioInfo,
    ScenarioSubject,
    ShopState,
    StartScenario,
    StopScenario,
    SubjectKind,
)

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
DEFAULT_ICON = "science"
PAGE_LABELS = {
    "overview": N_("Overview"),
    "explorer": N_("Explorer"),
    "orders": N_("Orders"),
    "inventory": N_("Inventory"),
    "inbox": N_("Inbox"),
    "console": N_("Console"),
    "connections": N_("Connections"),
}
SUBJECT_ICONS = {
    SubjectKind.PRODUCT: "sell",
    SubjectKind.WAREHOUSE: "warehouse",
    SubjectKind.CUSTOMER: "person",
    SubjectKind.ORDER: "receipt_long",
}
MAX_SUBJECTS = 2  # named on a card; the strip in the head links to more
CARD_PX = 186  # px of a scenario's card, so that starting one moves nothing


def draw() -> None:
    """Draw a snapshot: the scenarios, and the traffic."""
    held, now = page_frame.current_snapshot(), feed().snapshot()  # controls are never paused
    controls.rerun_if_changed(now.shop)
    live_line(status_text(now))
    if now.shop is not None:
        action_result.draw(now)
    try:
        scenarios = simulator_client().list_scenarios()
    except ApiRequestError as why:
        return draw_simulator_missing(_(str(why)))
    with st.grid(4, min_column_width=230, gap="xsmall"):
        for scenario in scenarios:
            draw_card(scenario, now)
    title = _("Effect: messages/s by channel kind")
    throughput_card.draw("scenarios", "effect", title, held, size="rest")


def status_text(now: Snapshot) -> str:
    """Return the simulator's time, speed, seed and running scenarios."""
    shop = now.shop
    if shop is not None and now.stock.error:
        return _("no data from the simulator since {at}: {why}").format(
            at=formatting.format_time(now.stock.at or now.at), why=_(now.stock.error)
        )
    if shop is None:
        return _("waiting for the simulator")
    count = len(shop.scenarios)
    running = ngettext("{count} scenario running", "{count} scenarios running", count)
    return " · ".join(
        (
            _("simulated time {time}").format(time=formatting.format_time(shop.now.timestamp())),
            _("speed ×{speed}").format(speed=f"{shop.speed:g}") if shop.running else _("paused"),
            _("seed {seed}").format(seed=shop.seed),
            running.format(count=count) if count else _("no scenario running"),
        )
    )


def draw_simulator_missing(reason: str) -> None:
    """Draw an empty state while the simulator cannot be reached."""
    with st.container(border=True, key="pane-nothing", height=theme.HEIGHTS["pane"]):
        theme.draw_empty_state(
            "toys_fan",
            _("Simulator not running"),
            _(
                "Scenarios run in the simulator: {why}. Start it with "
                "`python -m simulator`; `WORKBENCH_SIMULATOR_URL` "
                "sets its address. This page connects automatically."
            ).format(why=reason),
        )


def draw_card(scenario: ScenarioInfo, now: Snapshot) -> None:
    """Draw one scenario: its effect, what to watch on which page, and its progress."""
    shop = now.shop if not now.stock.error else None
    running = shop.running_scenario(scenario.name) if shop else None
    code = current_language()
    icon = ICONS.get(scenario.name, DEFAULT_ICON)
    with st.container(
        border=True, key=f"fit-scenario-{scenario.name}", gap="xxsmall", height=CARD_PX
    ):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            title = formatting.escape_markdown(scenario.title.in_language(code))
            st.markdown(f":material/{icon}: **{title}**", width="stretch")
            # The title is for screen readers: eight buttons would have one name.
            verb = _("Stop") if running else _("Run")
            st.button(
                f"{verb} **{title}**",
                key=f"run-{scenario.name}",
                type="primary" if running else "secondary",
                disabled=shop is None,
                on_click=simulator_commands.send_command,
                args=(
                    StopScenario(name=scenario.name)
                    if running
                    else StartScenario(name=scenario.name),
                ),
            )
        if running and running.subjects:
            st.caption(subjects_text(running.subjects))
        else:
            st.caption(formatting.escape_markdown(scenario.sentence.in_language(code)))
        watch = formatting.escape_markdown(scenario.watch.in_language(code))
        st.caption(f":material/visibility: {watch}")
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            for page in scenario.pages:
                draw_page_link(page, running, shop)
            st.space("stretch")
            st.caption(time_text(scenario, running, now), width="content")
        st.html(
            formatting.progress_bar_html(
                running.progress if running else 0.0, "accent" if running else "none"
            )
        )


def time_text(scenario: ScenarioInfo, running: RunningScenario | None, now: Snapshot) -> str:
    """Return how long a scenario lasts or, as in the strip, the time left."""
    if running and now.shop:
        return shop_strip.time_left_text(running, now, now.shop)
    return _("lasts {time}").format(time=formatting.format_duration(scenario.lasts_s))


def subjects_text(subjects: tuple[ScenarioSubject, ...]) -> str:
    """Return the names of what a scenario acts on, as Markdown."""
    shown = subjects[:MAX_SUBJECTS]
    names = ", ".join(formatting.escape_markdown(subject.name) for subject in shown)
    if rest := len(subjects) - len(shown):
        names += " " + ngettext("and {count} more", "and {count} more", rest).format(count=rest)
    return f":material/{SUBJECT_ICONS[subjects[0].kind]}: {names}"


def draw_page_link(page: str, running: RunningScenario | None, shop: ShopState | None) -> None:
    """Draw a link to a page of the workbench, such as ``connections?sort=waiting``.

    Inventory opens with the first product that the running scenario acts on.
    """
    name, _separator, query = page.partition("?")
    if name not in PAGE_LABELS:
        return
    query_params = dict(parse_qsl(query))
    if name == "inventory" and running and shop:
        skus = {product.id: product.sku for product in shop.products}
        products = [skus[one.id] for one in running.subjects if one.id in skus]
        query_params |= {"product": products[0]} if products else {}
    st.page_link(
        f"views/{name}/page.py", label=_(PAGE_LABELS[name]), query_params=query_params or None
    )


live_line = page_frame.header(_("Scenarios"))
controls.draw()
page_frame.redraw_periodically("scenarios", draw)
