"""The conformance tests by subject: expected and actual answer of each, and the result."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from conformance.case_types import (
    CaseGroup,
    CaseStatus,
    ConformanceCase,
    expectation_label,
    frame_label,
)
from conformance.cases import ALL_CASES, CASE_GROUPS
from conformance.runner import CaseResult
from dashboard.i18n.translate import _, ngettext
from dashboard.tab_session import tab
from dashboard.ui import formatting, tables, theme
from dashboard.ui.tables import Column
from dashboard.views.console import editor, panes, tab_resources

STATUS_TONES = {CaseStatus.RUNNING: "muted", CaseStatus.PASSED: "ok", CaseStatus.FAILED: "bad"}

TITLE_ROW_PX = 36  # a long title takes two lines


def run_all() -> None:
    """Run every test, each on a connection of its own."""
    panes.clear_selection()
    target, runner = tab_resources.conformance_target(), tab_resources.conformance_runner()
    for case in ALL_CASES:
        runner.start(case, target)


def selected_case() -> str:
    """Return the name of the selected test; empty if there is none."""
    return tab().console.selected_test


def select_case(case: ConformanceCase) -> None:
    """Select a test, to show its frames."""
    tab().console.selected_test = case.name


def run_case(case: ConformanceCase) -> None:
    """Run a test and select it."""
    select_case(case)
    panes.clear_selection()
    tab_resources.conformance_runner().start(case, tab_resources.conformance_target())


def count(results: Mapping[str, CaseResult], status: CaseStatus) -> int:
    """Return how many tests have this status."""
    return sum(result.status is status for result in results.values())


def hint(results: Mapping[str, CaseResult], selected: str) -> tuple[str, str]:
    """Return title and hint of the frames' pane while it has no frames."""
    if selected:
        return _("No frames yet"), _("Run this test to see its frames.")
    select = _("Select a test to see its frames.")
    if not results:
        return _("No test has run yet"), _("Run the tests, then select one to see its frames.")
    failed = count(results, CaseStatus.FAILED)
    if failed:
        return (
            ngettext("{count} test failed", "{count} tests failed", failed).format(count=failed),
            select,
        )
    passed = count(results, CaseStatus.PASSED)
    if passed == len(ALL_CASES):
        return _("All {count} tests passed").format(count=passed), select
    return ngettext("{count} test passed", "{count} tests passed", passed).format(
        count=passed
    ), select


def draw_cases(results: Mapping[str, CaseResult]) -> None:
    """Draw the tests; a click selects one, its button runs it."""
    passed = count(results, CaseStatus.PASSED)
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
            summary = _("{passed} of {count} passed")
            st.caption(summary.format(passed=passed, count=len(ALL_CASES)), width="stretch")
        with st.container(key="conformance-groups", height="stretch", border=False, gap="xsmall"):
            for number, group in enumerate(CASE_GROUPS):
                _draw_group(group, f"conformance-{number}", results)


def _draw_group(group: CaseGroup, key: str, results: Mapping[str, CaseResult]) -> None:
    own = {case.name: results[case.name] for case in group.cases if case.name in results}
    words = _("{passed} of {count} passed").format(
        passed=count(own, CaseStatus.PASSED), count=len(group.cases)
    )
    st.html(formatting.split_row_html(f"<b>{_(group.title)}</b>", words, "quiet"))
    tables.draw_table(
        group.cases,
        _columns(results),
        key,
        row_id=lambda case: case.name,
        selected=selected_case(),
        visible_rows=len(group.cases),
        on_select=select_case,
        row_px=TITLE_ROW_PX,
        alt=_(group.title),
    )


def _columns(results: Mapping[str, CaseResult]) -> dict[str, Column[ConformanceCase]]:
    def actual(case: ConformanceCase) -> str:
        result = results.get(case.name)
        if result is None:
            return ""
        if result.answer is None:
            return "" if result.status is CaseStatus.RUNNING else _("no answer")
        return frame_label(result.answer)

    def verdict(case: ConformanceCase) -> str:
        result = results.get(case.name)
        return result.status if result else ""

    return {
        _("Test"): tables.text_column(176, lambda case: _(case.title), grows=True),
        _("Expected"): tables.text_column(122, lambda case: expectation_label(case.expected)),
        _("Actual"): tables.text_column(122, actual),
        _("Result"): tables.chips_column(
            80, verdict, {str(v): tone for v, tone in STATUS_TONES.items()}
        ),
        _("Run"): tables.button_column(
            44,
            lambda case: _("Run: {title}").format(title=_(case.title)),
            run_case,
            icon="play_arrow",
        ),
    }
