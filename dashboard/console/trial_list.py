"""What must be refused: each trial with what should come, what came, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import look, tables
from dashboard.console import compose, panes, tab
from dashboard.console.rules import ALL
from dashboard.console.runner import Result
from dashboard.console.trials import Trial, Verdict, expected_in_short, in_short
from dashboard.tables import Column
from dashboard.words import _

TONES = {Verdict.RUNNING: "muted", Verdict.AS_DOCUMENTED: "ok", Verdict.OTHERWISE: "bad"}


CHOSEN = "console_trial"  # in the session


def run_all() -> None:
    """Run every trial, each on a connection of its own."""
    panes.let_go()
    place, runner = tab.place(), tab.trials()
    for trial in ALL:
        runner.start(trial, place)


def chosen() -> str:
    """Return the name of the trial whose conversation is shown; empty if there is none."""
    name: str = st.session_state.get(CHOSEN, "")
    return name


def choose(trial: Trial | None) -> None:
    """Show a trial's conversation."""
    if trial:
        st.session_state[CHOSEN] = trial.name


def run(trial: Trial) -> None:
    """Run a trial and show its conversation."""
    choose(trial)
    panes.let_go()
    tab.trials().start(trial, tab.place())


def draw(results: Mapping[str, Result]) -> None:
    """Draw the list; a click chooses a trial, the arrow runs it."""
    passed = sum(result.verdict is Verdict.AS_DOCUMENTED for result in results.values())
    with look.card("conformance", "", None, size="pane"):
        if compose.switch() != compose.TRIALS:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                _("Run all"),
                key="run-all",
                type="primary",
                icon=":material/playlist_play:",
                on_click=run_all,
            )
            told = _("{passed} of {count} passed")
            st.caption(told.format(passed=passed, count=len(ALL)), width="stretch")
        columns = _columns(results, chosen())
        tables.table(ALL, columns, "conformance", picked=choose, alt=_("Conformance tests"))


def _columns(results: Mapping[str, Result], shown: str) -> dict[str, Column[Trial]]:
    def got(trial: Trial) -> str:
        result = results.get(trial.name)
        if result is None:
            return ""
        if result.answer is None:
            return "" if result.verdict is Verdict.RUNNING else _("no answer")
        return in_short(result.answer)

    def verdict(trial: Trial) -> str:
        result = results.get(trial.name)
        return result.verdict if result else ""

    return {
        "": tables.text(22, lambda trial: "▶" if trial.name == shown else ""),
        _("Test"): tables.text(146, lambda trial: _(trial.title)),
        _("Expected"): tables.text(134, lambda trial: expected_in_short(trial.expected)),
        _("Actual"): tables.text(134, got),
        _("Result"): tables.chips(66, verdict, {str(v): tone for v, tone in TONES.items()}),
        _("Run"): tables.press(42, tables.icon("play_arrow"), "run-button", ALL, run),
    }
