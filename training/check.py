"""Checks lessons against a running server and simulator: the discipline of every step.

Untouched, a step is not done, although the shop is busy; its solution does it; the solution of an
earlier step does not.  All steps are checked side by side, each with an exercise of its own, and
once more one after another, as a learner does them.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from client.http_client import ApiRequestError
from client.recorded_frames import RecordedFrame
from training.actions import Action, Choose, RunScenario, Wait
from training.environment import Environment, Services
from training.evaluation import StepResult
from training.exercise import Exercise, ExerciseError
from training.lesson_rules import IsTranslated, LessonProblem, reference_problems, text_problems
from training.lesson_types import Lesson, Step
from training.placeholders import fill

WORKERS = 6
SENTINEL_TIMEOUT_S = 20.0
SOLVED_TIMEOUT_S = 20.0
POLL_INTERVAL_S = 0.02


def check_lessons(
    environment: Environment,
    lessons: Sequence[Lesson],
    is_translated: IsTranslated | None = None,
    timeout_s: float = SOLVED_TIMEOUT_S,
) -> list[LessonProblem]:
    """Check lessons; returns what is wrong, in the order of the lessons and their steps.

    Args:
        environment: the running server and simulator.
        lessons: those to check; their names differ.
        is_translated: tells whether a text has its translations; None if it needs none.
        timeout_s: how long after its solution a step may take to be done.
    """
    checker = _Checker(environment, timeout_s)
    problems: list[LessonProblem] = []
    tasks: list[_Task] = []
    for lesson in lessons:
        problems += text_problems(lesson, is_translated)
        if found := reference_problems(lesson):
            problems += found
            continue  # it cannot be played
        tasks.append(partial(checker.walk, lesson))
        for number, step in enumerate(lesson.steps):
            # A scenario takes long, so it is started first.
            position = 0 if _uses_scenario(step) else len(tasks)
            tasks.insert(position, partial(checker.check_step, lesson, number))
    with ThreadPoolExecutor(WORKERS, "lesson-check") as pool:
        for future in [pool.submit(task) for task in tasks]:
            problems += future.result()
    order = {lesson.name: number for number, lesson in enumerate(lessons)}
    unique = dict.fromkeys(problems)  # the walk may find what the check of a step has found
    return sorted(unique, key=lambda problem: (order[problem.lesson], problem.step))


_Task = Callable[[], list[LessonProblem]]


class _Checker:
    """Checks steps; several threads may use it."""

    def __init__(self, environment: Environment, timeout_s: float) -> None:
        self._environment, self._timeout_s = environment, timeout_s
        self._services = Services(environment)
        # A scenario that runs already is not started again, so its steps take turns.
        self._scenario_lock = threading.Lock()

    def walk(self, lesson: Lesson) -> list[LessonProblem]:
        """Do the steps of a lesson one after another by their solutions.

        It ends at the first step that starts a scenario: that takes long, and is done once.
        """
        problems: list[LessonProblem] = []
        with self._exercise(lesson, problems) as exercise:
            if exercise is None:
                return problems
            for number, step in enumerate(lesson.steps):
                if _uses_scenario(step):
                    break
                problem = self._solve(exercise, number, step)
                if problem:
                    text = f"after the step before, {problem}" if number else problem
                    return [LessonProblem(lesson.name, number + 1, text)]
        return problems

    def check_step(self, lesson: Lesson, number: int) -> list[LessonProblem]:
        """Check that a step is done by its solution, and neither untouched nor by an earlier one.

        An earlier solution that is the step's own, too, may do it.
        """
        step = lesson.steps[number]
        problems: list[LessonProblem] = []
        with self._turn(step), self._exercise(lesson, problems) as exercise:
            if exercise is None:
                return problems
            texts = [self._untouched(exercise, number)]
            for earlier, other in enumerate(lesson.steps[:number], start=1):
                if other.solution != step.solution and self._is_done_by(exercise, number, other):
                    texts.append(f"the solution of step {earlier} does it, too")
            if not texts[0]:
                texts.append(self._solve(exercise, number, step))
        return [LessonProblem(lesson.name, number + 1, text) for text in texts if text]

    def _untouched(self, exercise: Exercise, number: int) -> str:
        """Begin a step, and return what is wrong before anything is done in it."""
        try:
            exercise.begin_step(number)
            is_met = self._is_met_after_sentinel(exercise)
        except (ExerciseError, ApiRequestError) as error:
            return f"it cannot be begun: {_reason(error)}"
        return "it is done before anything has been done" if is_met else ""

    def _is_done_by(self, exercise: Exercise, number: int, other: Step) -> bool:
        """Begin a step again, and return whether the solution of another one does it."""
        try:
            exercise.begin_step(number)
            self._play_without_waiting(exercise, other.solution)
            return self._is_met_after_sentinel(exercise)
        except (ExerciseError, ApiRequestError):
            return False  # that it cannot be begun is found in other ways

    def _solve(self, exercise: Exercise, number: int, step: Step) -> str:
        """Begin a step and play its solution; returns what is wrong, if anything."""
        try:
            exercise.begin_step(number)
        except ExerciseError as error:
            return f"it cannot be begun: {_reason(error)}"
        try:
            exercise.play(step.solution)
        except ExerciseError as error:
            return f"its solution cannot be played: {_reason(error)}"
        deadline = time.monotonic() + self._timeout_s
        while not (result := exercise.result()).is_met:
            if time.monotonic() > deadline:
                return f"its solution does not do it: {_missing(exercise, step, result)}"
            time.sleep(POLL_INTERVAL_S)
        return ""

    def _play_without_waiting(self, exercise: Exercise, actions: Sequence[Action]) -> None:
        """Play the solution of another step, as far as this is possible."""
        for action in actions:
            if isinstance(action, Wait | Choose | RunScenario):
                continue  # of the other step; scenarios take turns
            try:
                exercise.play((action,))
            except ExerciseError:
                continue  # such as a frame on a connection that is closed

    def _is_met_after_sentinel(self, exercise: Exercise) -> bool:
        """Publish on the learner's channels, wait until all has arrived, and evaluate the step."""
        id = f"sentinel-{secrets.token_hex(8)}"
        for actor in ("you", *(actor.name for actor in exercise.actors)):
            self._publish_sentinel(exercise, actor, id)
        return exercise.result().is_met

    def _publish_sentinel(self, exercise: Exercise, actor: str, id: str) -> None:
        prefix = "" if actor == "you" else f"{actor}_"
        user_id = fill(f"{{{prefix}user_id}}", exercise.values)
        body = {
            "user": user_id,
            "type": "customer_activity",
            "payload": {
                "customer": {"id": id, "name": id},
                "action": "left",
                "created_at": "2026-01-01T00:00:00Z",
            },
        }

        def is_sentinel(frame: RecordedFrame) -> bool:
            customer = frame.payload.get("customer")
            return isinstance(customer, dict) and customer.get("id") == id

        if self._services.publish(json.dumps(body).encode()):
            exercise.wait_for_frame(actor, is_sentinel, SENTINEL_TIMEOUT_S)

    @contextmanager
    def _turn(self, step: Step) -> Iterator[None]:
        """Wait for the turn of a step that starts a scenario."""
        if _uses_scenario(step):
            with self._scenario_lock:
                yield
        else:
            yield

    @contextmanager
    def _exercise(self, lesson: Lesson, problems: list[LessonProblem]) -> Iterator[Exercise | None]:
        try:
            exercise = Exercise(self._environment, lesson)
        except ExerciseError as error:
            problems.append(LessonProblem(lesson.name, 0, _reason(error)))
            yield None
            return
        try:
            yield exercise
        finally:
            exercise.close()


def _uses_scenario(step: Step) -> bool:
    return any(isinstance(action, RunScenario) for action in step.solution)


def _missing(exercise: Exercise, step: Step, result: StepResult) -> str:
    goals = [
        f"goal {number} is not met ({exercise.fill(goal.text)})"
        for number, (goal, met) in enumerate(zip(step.goals, result.goals, strict=True), start=1)
        if not met.is_met
    ]
    if step.question and not result.is_answered:
        goals.append("the question is not answered")
    return ", ".join(goals)


def _reason(error: ExerciseError | ApiRequestError) -> str:
    reason = error.reason if isinstance(error, ExerciseError) else ""
    return f"{error} ({reason})" if reason else str(error)
