"""What must be refused: each trial with what should come, what came, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from conformance.case_types import CaseStatus, ConformanceCase, expectation_label, frame_label
from conformance.cases import ALL_CASES
from conformance.runner import CaseResult
from dashboard.i18n.translate import _
from dashboard.tab_session import tab
from dashboard.ui import tables, theme
from dashboard.ui.tables import Column
from dashboard.views.console import editor, panes, tab_resources

STATUS_TONES = {CaseStatus.RUNNING: "muted", CaseStatus.PASSED: "ok", CaseStatus.FAILED: "bad"}


def run_all() -> None:
    """Run every trial, each on a connection of its own."""
    panes.clear_selection()
    place, runner = tab_resources.conformance_target(), tab_resources.conformance_runner()
    for trial in ALL_CASES:
        runner.start(trial, place)


def selected_case() -> str:
    """Return the name of the trial whose conversation is shown; empty if there is none."""
    return tab().console.selected_test


def select_case(case: ConformanceCase | None) -> None:
    """Show a trial's conversation."""
    if case:
        tab().console.selected_test = case.name


def run_case(case: ConformanceCase) -> None:
    """Run a trial and show its conversation."""
    select_case(case)
    panes.clear_selection()
    tab_resources.conformance_runner().start(case, tab_resources.conformance_target())


def draw_cases(results: Mapping[str, CaseResult]) -> None:
    """Draw the list; a click chooses a trial, the arrow runs it."""
    passed = sum(result.status is CaseStatus.PASSED for result in results.values())
    with theme.card("conformance", "", None, size="pane"):
        if editor.draw_mode_switch() != editor.CONFORMANCE_MODE:
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
            st.caption(told.format(passed=passed, count=len(ALL_CASES)), width="stretch")
        columns = _columns(results, selected_case())
        tables.draw_table(
            ALL_CASES, columns, "conformance", on_select=select_case, alt=_("Conformance tests")
        )


def _columns(
    results: Mapping[str, CaseResult], selected: str
) -> dict[str, Column[ConformanceCase]]:
    def got(trial: ConformanceCase) -> str:
        result = results.get(trial.name)
        if result is None:
            return ""
        if result.answer is None:
            return "" if result.status is CaseStatus.RUNNING else _("no answer")
        return frame_label(result.answer)

    def verdict(trial: ConformanceCase) -> str:
        result = results.get(trial.name)
        return result.status if result else ""

    return {
        "": tables.text_column(22, lambda trial: "▶" if trial.name == selected else ""),
        _("Test"): tables.text_column(146, lambda trial: _(trial.title)),
        _("Expected"): tables.text_column(134, lambda trial: expectation_label(trial.expected)),
        _("Actual"): tables.text_column(134, got),
        _("Result"): tables.chips_column(
            66, verdict, {str(v): tone for v, tone in STATUS_TONES.items()}
        ),
        _("Run"): tables.button_column(
            42, tables.icon_cell("play_arrow"), "run-button", ALL_CASES, run_case
        ),
    }
