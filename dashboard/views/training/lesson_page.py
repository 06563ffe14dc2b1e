"""A lesson or the sandbox: the step at the left, the live connection at the right of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.tab_session import tab
from dashboard.ui import formatting, page_frame, theme
from dashboard.views.training import connection_pane, lesson_editor, navigation, step_pane
from dashboard.views.training.lesson_run import LessonRun, RunPhase
from dashboard.views.training.navigation import OpenLesson
from training.lesson_types import Step

INLINE_WAIT_S = 1.2  # most steps are ready by then, so that nothing is drawn in between
WIDTHS = [404, 500, 283]
FIRST_DRAFT = '{\n  "type": "ping",\n  "id": "r1"\n}'


def draw(opened: OpenLesson) -> None:
    """Draw the step that is open, and begin it if it has not begun."""
    run = navigation.open_run(opened.name, opened.lesson)
    step = opened.lesson.steps[opened.step]
    live_line = page_frame.header(_("Training"), draw_actions=_draw_leave)
    navigation.begin_if_needed(run, opened.step, INLINE_WAIT_S)
    drawn = _prepare_draft(run, opened.lesson.steps)
    left, middle, right = st.columns(WIDTHS, gap="xsmall")
    with left:
        page_frame.redraw_periodically(
            navigation.PAGE, _redrawn(run, drawn, live_line, lambda: step_pane.draw(opened, run))
        )
    with middle, st.container(key="stack-lesson", gap="xsmall"):
        lesson_editor.draw(run, run.exercise.fill(step.draft) if drawn is RunPhase.READY else "")
        page_frame.redraw_periodically(
            navigation.PAGE, lambda: connection_pane.draw_connection(run, step), "connection"
        )
    with right:
        page_frame.redraw_periodically(
            navigation.PAGE, lambda: connection_pane.draw_sequence(run, step), "sequence"
        )


def draw_sandbox() -> None:
    """Draw the editor and the connection without goals."""
    run = navigation.open_run(navigation.SANDBOX, None)
    live_line = page_frame.header(_("Training"), draw_actions=_draw_leave)
    navigation.begin_if_needed(run, 0, INLINE_WAIT_S)
    drawn = _prepare_draft(run, ())
    left, middle, right = st.columns(WIDTHS, gap="xsmall")
    with left, st.container(key="stack-sandbox", gap="xsmall"):
        lesson_editor.draw(run, "")
        page_frame.redraw_periodically(
            navigation.PAGE, _redrawn(run, drawn, live_line, lambda: _draw_sandbox_note(run))
        )
    with middle, st.container(key="stack-lesson", gap="xsmall"):
        page_frame.redraw_periodically(
            navigation.PAGE, lambda: connection_pane.draw_connection(run, None), "connection"
        )
    with right:
        page_frame.redraw_periodically(
            navigation.PAGE, lambda: connection_pane.draw_sequence(run, None), "sequence"
        )


def _redrawn(
    run: LessonRun,
    drawn: RunPhase,
    live_line: Callable[[str], None],
    draw_part: Callable[[], None],
) -> Callable[[], None]:
    """Return what is redrawn; the whole page is drawn again once the step has been set up."""

    def redraw() -> None:
        if run.phase is not drawn:
            st.rerun()
        live_line(_line(run))
        draw_part()

    return redraw


def _line(run: LessonRun) -> str:
    if run.phase is not RunPhase.READY:
        return ""
    values = run.exercise.values
    words = _("you are {name} ({user}), on a connection of your own")
    return words.format(name=values.get("name", ""), user=values.get("user_id", ""))


def _prepare_draft(run: LessonRun, steps: Sequence[Step]) -> RunPhase:
    """Write the step's frame into the editor once the step is ready; return the phase drawn.

    A step without a frame leaves the text of the step before it, or of the latest one with a frame
    if the run begins here.
    """
    phase = run.phase
    place = (run.serial, run.step, run.begun)
    before = tab().training.drafted_for
    if phase is RunPhase.READY and before != place:
        tab().training.drafted_for = place
        drafts = [step.draft for step in steps[: run.step + 1]]
        if before[0] != run.serial:
            drafts = [FIRST_DRAFT, *filter(None, drafts)]
        if drafts[-1]:
            lesson_editor.write(run.exercise.fill(drafts[-1]))
    return phase


def _draw_leave() -> None:
    st.button(
        _("All lessons"), key="all-lessons", icon=":material/apps:", on_click=navigation.leave
    )


def _draw_sandbox_note(run: LessonRun) -> None:
    with theme.card("sandbox-note", _("Sandbox")):
        if run.phase is RunPhase.FAILED:
            title = _("The sandbox could not be set up")
            st.html(formatting.status_html(title, step_pane.problem_text(run), "bad"))
            return
        values = run.exercise.values if run.phase is RunPhase.READY else {}
        st.caption(
            _(
                "No goals, no checks: try whatever you like. You have a customer of your own with "
                "an order, and nobody else's connection is touched."
            )
        )
        facts = {
            _("Customer"): values.get("name", ""),
            _("User"): values.get("user_id", ""),
            _("Your order"): values.get("order", ""),
        }
        for label, value in facts.items():
            if value:
                st.markdown(f"{label}: `{value}`")
