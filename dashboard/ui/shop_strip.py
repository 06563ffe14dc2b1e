"""The strip under the head of every page: what the simulated shop is doing now.

At its end is the way back to a lesson that is under way.  It always has its room, so that nothing
moves when a scenario starts or the shop is paused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from dashboard.dependencies import feed
from dashboard.i18n.translate import _, ngettext
from dashboard.state.live_state import Snapshot
from dashboard.state.shop_periods import PeriodKind
from dashboard.ui import formatting, hidden_tab, lesson_link, simulator_commands
from dashboard.ui.scenario_titles import scenario_title
from protocol.monitoring import ConnectionEventKind
from protocol.simulator_api import (
    ResumeSimulation,
    RunningScenario,
    ScenarioPhase,
    ScenarioSubject,
    ShopState,
    StopScenario,
    SubjectKind,
)

REDRAW_S = 1.0  # the time left counts down
END_SHOWN_S = 60.0
SAME_END_S = 2.0  # scenarios stopped by one press end within
START_LAG_S = 3.0  # a scenario is seen by polls, so later than what it does at once
MAX_SUBJECTS = {1: 3, 2: 1}  # named for each scenario, by the number of scenarios; else none
LINKS = {  # where a subject is shown: the view, and its parameter
    SubjectKind.PRODUCT: ("inventory", "product"),
    SubjectKind.WAREHOUSE: ("inventory", ""),
    SubjectKind.CUSTOMER: ("connections", "who"),
    SubjectKind.ORDER: ("orders", "order"),
}


def draw() -> None:
    """Draw the strip, and keep it up to date."""
    with st.container(key="strip"):
        st.fragment(_draw_now, run_every=hidden_tab.run_every(REDRAW_S))()


def _draw_now() -> None:
    now = feed().snapshot()
    shop = None if now.stock.error else now.shop
    with st.container(
        key="strip-line", horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False
    ):
        # Each part has a place of its own, empty if there is nothing to say: what Streamlit draws
        # no longer would else stay until the page's run has ended, beside what is new.
        is_paused = shop is not None and not shop.running
        scenarios = shop.scenarios if shop else ()
        _draw_part("pause", _draw_pause if is_paused else None)
        _draw_part("scenarios", partial(_draw_scenarios, now, shop) if shop and scenarios else None)
        is_idle = not is_paused and not scenarios
        _draw_part("idle", partial(_draw_idle, now, shop) if is_idle else None)
        _draw_part("lesson", lesson_link.draw if lesson_link.text() else None)


def _draw_part(name: str, draw_content: Callable[[], None] | None) -> None:
    if draw_content is None:
        st.empty()
        return
    with st.container(
        key=f"strip-{name}",
        horizontal=True,
        vertical_alignment="center",
        gap="xsmall",
        wrap=False,
        width="content",
    ):
        draw_content()


def _draw_scenarios(now: Snapshot, shop: ShopState) -> None:
    for scenario in shop.scenarios:
        _draw_scenario(scenario, now, shop)
    if len(shop.scenarios) > 1:
        st.button(
            _("Stop all"),
            key="strip-stop-all",
            type="tertiary",
            icon=":material/stop_circle:",
            on_click=_stop,
            args=(tuple(one.name for one in shop.scenarios),),
        )


def _stop(names: Sequence[str]) -> None:
    for name in names:
        simulator_commands.send_command(StopScenario(name=name))


def _draw_idle(now: Snapshot, shop: ShopState | None) -> None:
    if shop is None:
        st.html(_quiet(_("The simulator does not respond.")))
        return
    if ended := end_text(now):
        st.html(formatting.status_html(*ended, "ok"), width="content")
    else:
        st.html(_quiet(_describe_idle(shop)), width="content")
    st.page_link("views/scenarios/page.py", label=_("Start a scenario"))


def end_text(now: Snapshot, since: float = 0.0) -> tuple[str, str] | None:
    """Return the scenarios that ended last, and how and when; None if none did lately.

    Only ends after ``since`` and in the last ``END_SHOWN_S`` count.
    """
    since = max(since, now.at - END_SHOWN_S)
    ended = [
        (one.until, one.name)
        for one in now.periods
        if one.kind is PeriodKind.SCENARIO and one.until is not None and one.until >= since
    ]
    if not ended:
        return None
    at, last = max(ended)
    finished = now.shop.ended if now.shop else ()
    how = next((one.how for one in finished if one.name == last), ScenarioPhase.FINISHED)
    words = _("stopped at {time}") if how is ScenarioPhase.STOPPED else _("ended at {time}")
    names = sorted({name for until, name in ended if at - until < SAME_END_S})
    titles = ", ".join(scenario_title(name) for name in names)
    return titles, words.format(time=formatting.format_time(at))


def _quiet(text: str) -> str:
    return f'<div class="row"><span class="quiet">{text}</span></div>'


def _describe_idle(shop: ShopState) -> str:
    words = [_("No scenario running")]
    if shop.speed != 1:
        words.append(_("speed ×{speed}").format(speed=f"{shop.speed:g}"))
    return " · ".join(words)


def _draw_pause() -> None:
    st.html(formatting.status_html(_("The shop is paused"), "", "warn"), width="content")
    st.button(
        _("Resume the shop"),
        key="strip-resume",
        type="tertiary",
        icon=":material/play_arrow:",
        on_click=simulator_commands.send_command,
        args=(ResumeSimulation(),),
    )


def _draw_scenario(scenario: RunningScenario, now: Snapshot, shop: ShopState) -> None:
    title = scenario_title(scenario.name)
    left = time_left_text(scenario, now, shop)
    st.html(formatting.status_html(title, left, "warn"), width="content")
    shown = scenario.subjects[: MAX_SUBJECTS.get(len(shop.scenarios), 0)]
    if shown:
        st.html(_quiet(_("on:")), width="content")
        for subject in shown:
            _draw_subject(subject, shop)
    if more := rest_text(scenario.subjects, len(shown)):
        if scenario.subjects[0].kind is SubjectKind.PRODUCT:
            st.page_link("views/inventory/page.py", label=more)
        else:
            st.html(_quiet(more), width="content")
    if evicted := eviction_text(scenario, now):
        st.html(_quiet(evicted), width="content")
    st.button(
        _("Stop"),
        key=f"strip-stop-{scenario.name}",
        type="tertiary",
        icon=":material/stop:",
        help=_("Stop the scenario {name}").format(name=title),
        on_click=simulator_commands.send_command,
        args=(StopScenario(name=scenario.name),),
    )


def time_left_text(scenario: RunningScenario, now: Snapshot, shop: ShopState) -> str:
    """Return the time left of a scenario in words, such as ``1:35 left``."""
    left = formatting.format_countdown(seconds_left(scenario, now, shop))
    return _("{time} left").format(time=left)


def rest_text(subjects: Sequence[ScenarioSubject], shown: int) -> str:
    """Return how many subjects are not named; without any name, only products are counted."""
    rest = len(subjects) - shown
    if shown and rest:
        return ngettext("and {count} more", "and {count} more", rest).format(count=rest)
    if rest and subjects[0].kind is SubjectKind.PRODUCT:
        return ngettext("{count} product", "{count} products", rest).format(count=rest)
    return ""


def _draw_subject(subject: ScenarioSubject, shop: ShopState) -> None:
    view, parameter = LINKS[subject.kind]
    st.page_link(
        f"views/{view}/page.py",
        label=formatting.escape_markdown(subject.name),
        query_params={parameter: link_value(subject, shop)} if parameter else None,
    )


def eviction_text(scenario: RunningScenario, now: Snapshot) -> str:
    """Return after how long the server has evicted the scenario's client, empty if it has not."""
    clients = {one.id for one in scenario.subjects if one.kind is SubjectKind.CUSTOMER}
    since = min(
        (one.since for one in now.periods if one.name == scenario.name and one.until is None),
        default=now.at,
    )
    connected: dict[str, float] = {}
    for event in now.connection_events:
        if event.user_id not in clients or event.at < since - START_LAG_S:
            continue
        if event.event == ConnectionEventKind.CONNECTED:
            connected[event.connection_id] = event.at
        elif event.event == ConnectionEventKind.EVICTED and event.connection_id in connected:
            lasted = formatting.format_duration(event.at - connected[event.connection_id])
            return _("evicted after {time}").format(time=lasted)
    return ""


def link_value(subject: ScenarioSubject, shop: ShopState) -> str:
    """Return the value of the subject's parameter in a URL: of a product the SKU, else the id."""
    if subject.kind is not SubjectKind.PRODUCT:
        return subject.id
    return next((one.sku for one in shop.products if one.id == subject.id), subject.id)


def seconds_left(scenario: RunningScenario, now: Snapshot, shop: ShopState) -> float:
    """Return the real seconds until a scenario ends, at the shop's present speed."""
    left = scenario.left_s / shop.speed
    if shop.running and now.stock.at is not None:
        left -= now.at - now.stock.at
    return max(left, 0.0)
