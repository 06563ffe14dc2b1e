"""Which lesson and step a tab has open, and the way between them; what is done is recorded."""

from __future__ import annotations

import threading

import streamlit as st
from msgspec import Struct

from dashboard import dependencies
from dashboard.i18n.translate import _
from dashboard.tab_session import Restart, tab
from dashboard.ui import lesson_link, url_select
from dashboard.views.training import learners
from dashboard.views.training.lesson_run import LessonRun
from dashboard.views.training.presence import Presence
from training.actions import LEARNER
from training.evaluation import StepResult
from training.exercise import Exercise
from training.lesson_types import Lesson

PAGE = lesson_link.PAGE
LESSON_PARAM, STEP_PARAM = lesson_link.LESSON_PARAM, lesson_link.STEP_PARAM
SANDBOX, SUMMARY = lesson_link.SANDBOX, lesson_link.SUMMARY


class OpenLesson(Struct, frozen=True):
    """The lesson and the step that are open; ``number`` is 0 for an own lesson.

    ``step`` counts from 0.
    """

    lesson: Lesson
    number: int
    step: int
    done_steps: frozenset[int]

    @property
    def name(self) -> str:
        """The lesson's name."""
        return self.lesson.name

    @property
    def is_done(self) -> bool:
        """Whether the step was done before."""
        return self.step in self.done_steps

    @property
    def is_last(self) -> bool:
        """Whether no step follows."""
        return self.step == len(self.lesson.steps) - 1


class RunHolder:
    """The lesson that a tab has open, until it leaves it or is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run: LessonRun | None = None
        self._presence: Presence | None = None

    def open(self, name: str, lesson: Lesson | None, learner_key: str) -> LessonRun:
        """Return the run of this lesson; the run of another one is closed.

        While it is open, the learner's file says that the learner is there: this tab is connected,
        whether it is visible or not.
        """
        with self._lock:
            run = self._run
            if run is None or (run.name, run.learner_key) != (name, learner_key):
                self._close()
                run = self._run = LessonRun(name, lesson, learner_key, _make_exercise)
                self._presence = Presence(learners.presence_recorder())
            return run

    def close(self) -> None:
        """Close the run, if there is one."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        run, self._run = self._run, None
        presence, self._presence = self._presence, None
        if presence is not None:
            presence.end()
        if run is not None:
            run.close_in_background()


def _make_exercise(lesson: Lesson | None) -> Exercise:
    return Exercise(dependencies.training_environment(), lesson)


@st.cache_resource(scope="session", on_release=RunHolder.close, show_spinner=False)
def _holder() -> RunHolder:
    return RunHolder()


def open_run(name: str, lesson: Lesson | None) -> LessonRun:
    """Return this tab's run of a lesson, None for the sandbox; no step of it is begun."""
    return _holder().open(name, lesson, learners.current_key())


def lesson_name() -> str:
    """Return the lesson that is open, ``SANDBOX``, ``SUMMARY``, or nothing for the catalogue."""
    return url_select.kept_value(PAGE, LESSON_PARAM)


def step_number() -> int:
    """Return the number of the step that is open, from 0."""
    text = url_select.kept_value(PAGE, STEP_PARAM)
    return max(0, int(text) - 1) if text.isdecimal() and len(text) < 4 else 0


def open_step(name: str, step: int) -> None:
    """Open a step of a lesson; in a callback, or before the page is drawn again."""
    url_select.keep_value(PAGE, LESSON_PARAM, name)
    url_select.keep_value(PAGE, STEP_PARAM, str(step + 1), default="1")
    training = tab().training
    training.opened = (name, step)
    training.hints, training.restart, training.actor = 0, Restart.NONE, LEARNER


def open_sandbox() -> None:
    """Open the sandbox."""
    open_step(SANDBOX, 0)


def open_summary() -> None:
    """Open the summary."""
    open_step(SUMMARY, 0)


def leave() -> None:
    """Go back to the catalogue; what the lesson changed is undone."""
    _holder().close()
    learners.note_leave()
    open_step("", 0)


def restart_step() -> None:
    """Forget that the step that is open was done, and begin it again with new connections."""
    learners.reset_step(lesson_name(), step_number())
    _holder().close()
    open_step(lesson_name(), step_number())
    tab().training.restart = Restart.BY_LEARNER


def reset_lesson(name: str) -> None:
    """Forget what was done of a lesson, and begin it again."""
    learners.reset_lesson(name)
    _holder().close()
    open_step(name, 0)
    tab().training.restart = Restart.BY_LEARNER


def show_hint() -> None:
    """Show one hint more."""
    tab().training.hints += 1
    learners.note_hint(lesson_name(), step_number(), tab().training.hints)


def show_solution(run: LessonRun) -> None:
    """Play the solution of the step that is open."""
    run.show_solution()
    learners.note_solution_shown(run.name, run.step)


def begin_if_needed(run: LessonRun, step: int, wait_s: float) -> bool:
    """Begin the step unless it has begun; return whether it is a new one.

    A step that no click in this tab has opened is one of a link, or after a reload.  The page says
    that it starts again if the learner was on it.
    """
    training = tab().training
    if run.step == step:
        return False
    was_opened = training.opened == (run.name, step)
    if not was_opened:
        training.hints, training.actor = 0, LEARNER
        was_on_it = run.lesson is not None and learners.is_on(run.name, step)
        training.restart = Restart.OF_TAB if was_on_it else Restart.NONE
    training.opened = ("", 0)
    if run.lesson is not None:
        learners.note_begin(run.name, step)
    run.begin(step)
    run.wait(wait_s)
    return True


def record(opened: OpenLesson, run: LessonRun, result: StepResult) -> None:
    """Keep in the learner's file what the step has come to."""
    learners.note_result(opened.lesson, opened.step, run, result)


def current_actor(run: LessonRun) -> str:
    """Return the actor that the learner moves now."""
    chosen = tab().training.actor
    return chosen if chosen in {each.name for each in run.actors} else LEARNER


def actor_title(run: LessonRun, name: str) -> str:
    """Return an actor's title; the learner is named as the customer that they play."""
    if name == LEARNER:
        return run.exercise.values["first_name"]
    title = next((each.title for each in run.actors if each.name == name), name)
    return run.exercise.fill(_(title))
