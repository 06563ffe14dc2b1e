"""The learner of a tab: the name in the address, and what is kept of it in the learner's file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from dashboard import dependencies
from dashboard.tab_session import tab
from dashboard.ui import url_select
from dashboard.views.training.lesson_run import LessonRun
from dashboard.views.training.presence import SEEN_EVERY_S
from training import progress, progress_code
from training.evaluation import StepResult
from training.learner_files import learner_key
from training.lesson_types import Lesson
from training.lessons.catalogue import LESSONS
from training.progress import Learner, StepProgress
from training.progress_code import InvalidCode

PAGE, LEARNER_PARAM = "training", "learner"
SETTLED_S = 0.6  # an attempt is evaluated once its reply can have come

log = logging.getLogger(__name__)


def current_name() -> str:
    """Return the learner's name; empty before it was given."""
    return url_select.kept_value(PAGE, LEARNER_PARAM)


def current_key() -> str:
    """Return the key of the learner."""
    return learner_key(current_name())


def keep_in_url() -> None:
    """Write the name into the address again, after another page."""
    url_select.keep_value(PAGE, LEARNER_PARAM, current_name())


def sign_in(name: str) -> bool:
    """Take a name; returns whether it is one."""
    shown = " ".join(name.split())
    if not shown:
        return False
    url_select.keep_value(PAGE, LEARNER_PARAM, shown)
    _update(lambda learner: learner)
    return True


def sign_out() -> None:
    """Forget the name in this tab; its progress stays."""
    url_select.keep_value(PAGE, LEARNER_PARAM, "")


def current() -> Learner:
    """Return the learner's progress; an empty one if it cannot be read."""
    name = current_name()
    if not name:
        return Learner("")
    try:
        return dependencies.learner_files().read(name)
    except OSError as error:
        tab().training.unsaved = str(error)
        return Learner(name)


def done_steps(lesson: Lesson) -> frozenset[int]:
    """Return the steps of a lesson that are done."""
    return current().steps_done(lesson)


def is_on(lesson: str, step: int) -> bool:
    """Return whether the learner has begun a step and neither left it nor gone to another one."""
    on = current().current
    return on is not None and (on.lesson, on.step) == (lesson, step)


def note_begin(lesson: str, step: int) -> None:
    """Record that the learner is on a step now."""
    _update(lambda learner: progress.begin(learner, lesson, step, time.time()))


def note_leave() -> None:
    """Record that the learner is on no step any more."""
    _update(progress.leave)


def presence_recorder() -> Callable[[], None]:
    """Return what records on any thread that this tab's learner is still on the current step."""
    files, name = dependencies.learner_files(), current_name()

    def record() -> None:
        try:
            files.update(name, lambda learner: progress.see(learner, time.time()))
        except OSError as error:
            log.warning("cannot save that a learner is there: %s", error)

    return record


def note_hint(lesson: str, step: int, shown: int) -> None:
    """Record how many hints are shown."""
    _update(lambda learner: progress.record_hint(learner, lesson, step, shown))


def note_solution_shown(lesson: str, step: int) -> None:
    """Record that the solution was played."""
    _update(lambda learner: progress.record_solution_shown(learner, lesson, step))


def note_result(lesson: Lesson, step: int, run: LessonRun, result: StepResult) -> None:
    """Record the attempts since the last call, and that the step is done; called with each tick."""
    name, now = lesson.name, time.time()
    learner = current()
    near_miss = next((goal.near_miss for goal in result.goals if goal.near_miss), "")
    attempts = run.take_attempts(0.0 if result.is_met else SETTLED_S)
    is_new = result.is_met and run.recorded != (step, run.begun)
    is_here = learner.current is not None
    is_stale = learner.current is None or now - learner.current.seen_at > SEEN_EVERY_S
    if not (attempts or is_new or is_stale):
        return

    def change(learner: Learner) -> Learner:
        changed = progress.see(learner, now)
        if not is_here:
            changed = progress.begin(changed, name, step, now)
        for _ in range(attempts):
            text = "" if result.is_met else near_miss
            changed = progress.record_attempt(changed, name, step, text)
        if is_new:
            messages = run.exercise.messages_sent()
            changed = progress.record_done(changed, name, step, now, messages)
        return changed

    if _update(change) and is_new:
        run.recorded = (step, run.begun)


def reset_lesson(name: str) -> None:
    """Forget what was done of a lesson."""
    _update(lambda learner: progress.reset_lesson(learner, name))


def reset_step(name: str, step: int) -> None:
    """Forget what was done of a step."""

    def change(learner: Learner) -> Learner:
        steps: Mapping[str, StepProgress] = learner.lessons.get(name, {})
        kept = {number: each for number, each in steps.items() if number != str(step)}
        return Learner(learner.name, {**learner.lessons, name: kept}, learner.current)

    _update(change)


def reset_all() -> None:
    """Forget everything but the name."""
    _update(progress.reset_all)


def code() -> str:
    """Return the code of what is done, in groups of four."""
    learner = current()
    done = {name: learner.steps_done(lesson) for name, lesson in LESSONS.items()}
    text = progress_code.encode_progress(list(LESSONS), done)
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def take_code(text: str) -> str:
    """Take over the steps of a code; returns why it is none, untranslated, else nothing."""
    try:
        steps = progress_code.decode_progress(text, list(LESSONS))
    except InvalidCode as error:
        return str(error)
    _update(lambda learner: progress.mark_done(learner, steps, time.time()))
    return ""


def _update(change: Callable[[Learner], Learner]) -> bool:
    """Change the learner's file; a failure is kept for the page to show."""
    name = current_name()
    if not name:
        return False
    try:
        dependencies.learner_files().update(name, change)
    except OSError as error:
        if tab().training.unsaved != str(error):  # it is tried again with each tick
            log.warning("cannot save a learner's progress: %s", error)
        tab().training.unsaved = str(error)
        return False
    tab().training.unsaved = ""
    return True
