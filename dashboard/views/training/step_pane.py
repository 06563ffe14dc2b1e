"""The left of a lesson: what the step asks for, its goals, its help, and the way on."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard.i18n.translate import _, ngettext
from dashboard.tab_session import Restart, tab
from dashboard.ui import formatting, theme, url_select
from dashboard.ui.scenario_titles import scenario_title
from dashboard.views.training import action_texts, lesson_html, navigation
from dashboard.views.training.lesson_html import GoalLine
from dashboard.views.training.lesson_run import LessonRun, RunPhase
from dashboard.views.training.navigation import OpenLesson
from training.actions import LEARNER
from training.conditions import Performed
from training.evaluation import FrameRef, GoalResult, StepResult
from training.lesson_types import Question, Step

_scroll_to_result = st.components.v2.component(
    "step-result",
    js=Path(__file__).with_name("step_pane.js").read_text(),
    isolate_styles=False,
)
Fill = Callable[[str], str]
"""Translate a text of the lesson and fill in its placeholders."""


def translate_and_fill(run: LessonRun, text: str) -> str:
    """Translate a text of the lesson and fill in the values of the learner's exercise."""
    return run.exercise.fill(_(text)) if text else ""


def draw(opened: OpenLesson, run: LessonRun) -> None:
    """Draw the step, or that it is being set up."""
    step = opened.lesson.steps[opened.step]
    with st.container(border=True, key="pane-step", gap="xsmall", height=theme.HEIGHTS["pane"]):
        _draw_place(opened)
        # It scrolls; what stands below keeps its place, in the run and on the screen.
        with st.container(key="step-body", gap="xsmall"):
            match run.phase:
                case RunPhase.PREPARING:
                    is_met = opened.is_done
                    st.html(f'<div class="step"><h2>{html.escape(_(step.title))}</h2></div>')
                    st.caption(_("Setting up this step in the shop…"))
                    st.skeleton(height=120)
                case RunPhase.FAILED:
                    is_met = opened.is_done
                    _draw_failure(run, step)
                case _:
                    is_met = _draw_step(opened, run, step) or opened.is_done
        with st.container(key="step-foot", gap="xsmall"):
            _draw_help(step, run)
            _draw_ways(opened, run, is_met)


def _draw_place(opened: OpenLesson) -> None:
    place = _("Lesson {number} · {title}") if opened.number else _("Own lesson · {title}")
    count = len(opened.lesson.steps)
    words = _("step {n} of {count}").format(n=opened.step + 1, count=count)
    left = html.escape(place.format(number=opened.number, title=_(opened.lesson.title)))
    dots = lesson_html.step_dots(count, opened.step, opened.done_steps)
    st.html(formatting.split_row_html(left, f"{dots}{html.escape(words)}", "quiet"))


def problem_text(run: LessonRun) -> str:
    """Say why the last thing that the run did has failed, without marks; empty if it did not."""
    problem = run.problem
    if problem is None and run.phase is RunPhase.READY:
        problem = run.exercise.solution_problem
    if problem is None:
        return ""
    text = _(str(problem)).replace("`", "")
    return f"{text.rstrip('.')}: {_(problem.reason)}" if problem.reason else text


def _draw_failure(run: LessonRun, step: Step) -> None:
    st.html(f'<div class="step"><h2>{html.escape(_(step.title))}</h2></div>')
    title = _("This step could not be set up")
    st.html(formatting.status_html(title, problem_text(run), "bad"))
    st.caption(
        _(
            "Every lesson needs the server and the simulator: `make demo` starts both. Steps that "
            "are done stay done."
        )
    )
    st.button(
        _("Try again"),
        key="try-again",
        icon=":material/refresh:",
        on_click=run.begin,
        args=(run.step,),
    )


def _draw_step(opened: OpenLesson, run: LessonRun, step: Step) -> bool:
    """Draw a step that is ready; return whether it is done."""

    def fill(text: str) -> str:
        return translate_and_fill(run, text)

    result = run.exercise.result()
    navigation.record(opened, run, result)
    st.html(
        _notice(run)
        + lesson_html.instruction_html(
            _(step.title), fill(step.instruction), _("Why it matters"), fill(step.reason)
        )
    )
    _draw_goals(step, result, run, fill)
    _draw_question(step.question, run, fill)
    _draw_links(step, fill)
    if shown := [fill(hint) for hint in step.hints[: tab().training.hints]]:
        st.html(lesson_html.hints_html(shown))
    if result.is_met:
        title = _("Done. Why it worked")
        st.html(lesson_html.explanation_html(title, fill(step.explanation)))
        if opened.is_last and opened.lesson.wrap_up:
            title = _("The whole lesson in short")
            st.html(lesson_html.explanation_html(title, fill(opened.lesson.wrap_up)))
    done = f"{run.serial}-{run.begun}" if result.is_met else ""
    _scroll_to_result(key="step-result", data={"done": done})
    return result.is_met


def _notice(run: LessonRun) -> str:
    """Say that the step began again with another customer, and with which."""
    match tab().training.restart:
        case Restart.OF_TAB:
            words = _(
                "A new connection, so the goals of this step start again. Finished steps stay "
                "done. You are now {name}, your order is `{order}`."
            )
        case Restart.BY_LEARNER:
            words = _(
                "Reset: the goals start again on a new connection. You are now {name}, your "
                "order is `{order}`."
            )
        case _:
            return ""
    values = run.exercise.values
    return lesson_html.notice_html(words.format(name=values["name"], order=values["order"]))


def _draw_goals(step: Step, result: StepResult, run: LessonRun, fill: Fill) -> None:
    lines, note = [], ""
    for goal, found in zip(step.goals, result.goals, strict=True):
        is_near = bool(found.near_miss) and not found.is_met
        remark = None if isinstance(goal.condition, Performed) else _remark(found, run)
        lines.append(GoalLine(fill(goal.text), found.is_met, is_near, remark))
        if is_near and not note:
            number = str(found.at.seq) if found.at else ""
            note = fill(found.near_miss).replace("{n}", number)
    if step.question is not None:
        is_wrong = bool(run.exercise.answer) and not result.is_answered
        text = _("You answer the question")
        lines.append(GoalLine(text, result.is_answered, is_wrong, remark=None))
    words = (_("met"), _("not met yet"))
    note = "" if result.is_met else note
    names_actors = len(run.actors) > 1
    st.html(lesson_html.goals_html(_("Goal"), lines, note, words, names_actors=names_actors))


def _remark(found: GoalResult, run: LessonRun) -> str:
    """Name the frames that met a goal; those of another actor with its name.

    While a goal counts messages, say how many there are.
    """
    if found.count and not found.is_met:
        return _("{count} of {least}").format(count=found.count, least=found.least)
    if not found.is_met or not found.frames:
        return ""
    own = [ref for ref in found.frames if ref.actor == LEARNER]
    shown: list[FrameRef] = own or list(found.frames)
    numbers = lesson_html.frame_numbers([ref.seq for ref in shown])
    text = ngettext("frame {numbers}", "frames {numbers}", len(shown)).format(numbers=numbers)
    actor = shown[0].actor
    if actor == LEARNER or actor not in {each.name for each in run.actors}:
        return text
    return f"{navigation.actor_title(run, actor).partition(' · ')[0]}: {text}"


def _draw_question(question: Question | None, run: LessonRun, fill: Fill) -> None:
    if question is None:
        return
    names = [choice.name for choice in question.choices]
    texts = {choice.name: fill(choice.text) for choice in question.choices}
    chosen, question_key = run.exercise.answer, run.question_key
    key = f"choice-{question_key}"

    def choose() -> None:
        run.choose(st.session_state[key], question_key)

    st.radio(
        formatting.markdown_with_code(fill(question.text)),
        names,
        index=names.index(chosen) if chosen in names else None,
        format_func=lambda name: formatting.markdown_with_code(texts[name]),
        key=key,
        on_change=choose,
    )
    wrong = next((each.explanation for each in question.choices if each.name == chosen), "")
    if wrong:
        st.html(lesson_html.wrong_choice_html(fill(wrong)))


def _draw_links(step: Step, fill: Fill) -> None:
    """Draw links to pages that show the same: in new tabs, so that the lesson stays in this one."""
    links = [
        (
            fill(link.text),
            url_select.new_tab_url(
                link.page, {name: fill(value) for name, value in link.parameters}
            ),
        )
        for link in step.links
    ]
    if links:
        st.html(lesson_html.links_html(links, _("opens in a new tab")))


def _draw_help(step: Step, run: LessonRun) -> None:
    """Draw the hints at the left and the solution at the right; always there."""
    is_ready = run.phase is RunPhase.READY
    left = max(len(step.hints) - tab().training.hints, 0)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="lesson-help"
    ):
        st.button(
            _("Hint ({count} left)").format(count=left) if left else _("No hints left"),
            key="hint",
            icon=":material/lightbulb:",
            type="tertiary",
            disabled=not is_ready or not left,
            on_click=navigation.show_hint,
        )
        st.space("stretch")
        with st.popover(
            _("Show the solution"),
            icon=":material/visibility:",
            type="tertiary",
            key="show-solution",
            disabled=not is_ready,
        ) as popover:
            if is_ready and popover is not None:
                _draw_solution(step, run)


def _draw_solution(step: Step, run: LessonRun) -> None:
    """Say what the solution does, and offer to play it."""
    st.caption(_("Try a hint first: you will remember more. The step counts either way."))
    for action in step.solution:
        text = action_texts.action_text(action)
        if text is None:
            continue
        values = {
            name: scenario_title(value) if name == "scenario" else run.exercise.fill(value)
            for name, value in text.values
        }
        st.markdown(
            f":material/{text.icon}: " + formatting.escape_markdown(_(text.text).format(**values))
        )
        if text.code:
            st.code(run.exercise.fill(text.code), "json", wrap_lines=True)
    st.button(
        _("Play it for me"),
        key="play-solution",
        icon=":material/play_arrow:",
        type="primary",
        on_click=navigation.show_solution,
        args=(run,),
        disabled=run.exercise.is_showing_solution,
    )


def _draw_ways(opened: OpenLesson, run: LessonRun, is_met: bool) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="lesson-ways"
    ):
        if st.button(
            _("Back"),
            key="step-back",
            icon=":material/arrow_back:",
            disabled=opened.step == 0,
        ):
            navigation.open_step(opened.name, opened.step - 1)
            st.rerun()
        _draw_reset(opened, run)
        st.space("stretch")
        if st.button(
            _("Finish the lesson") if opened.is_last else _("Next step"),
            key="step-next",
            type="primary",
            disabled=not is_met,
            icon=":material/check:" if opened.is_last else ":material/arrow_forward:",
            icon_position="right",
        ):
            if opened.is_last:
                navigation.leave()
            else:
                navigation.open_step(opened.name, opened.step + 1)
            st.rerun()


def _draw_reset(opened: OpenLesson, run: LessonRun) -> None:
    # Each begin of a step has a popover of its own, so that a reset closes it.
    with (
        st.container(key="lesson-reset", width="content"),
        st.popover(
            _("Reset"),
            icon=":material/replay:",
            type="tertiary",
            key=f"reset-{run.serial}-{run.begun}",
            on_change="rerun",
        ),
    ):
        st.caption(_("Begins with new connections. What was done of it is forgotten."))
        if st.button(_("Reset this step"), key="reset-step"):
            navigation.restart_step()
            st.rerun()
        if st.button(_("Reset the whole lesson"), key="reset-lesson"):
            navigation.reset_lesson(opened.name)
            st.rerun()
