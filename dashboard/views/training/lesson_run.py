"""A lesson that is open in a tab: its exercise, which is set up on a thread of its own."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from enum import StrEnum

from client.recorded_frames import RecordedFrame
from common.text_markers import N_
from dashboard.frames.connection_tracker import ConnectionTracker
from dashboard.ui.frozen_list import FrozenList
from training.actions import LEARNER, Action, Connect
from training.exercise import Exercise, ExerciseError
from training.lesson_types import Lesson, LessonActor

CANNOT_START = N_("The lesson cannot start.")
log = logging.getLogger(__name__)
_serials = itertools.count(1)


class RunPhase(StrEnum):
    """Whether the current step can be worked on."""

    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class LessonRun:
    """An exercise and what the page knows of its connections.  Thread-safe.

    ``lesson`` is None for the sandbox.  ``problem`` is why the step could not be set up, or what
    the last action failed with.  ``serial`` tells runs apart.
    """

    def __init__(
        self,
        name: str,
        lesson: Lesson | None,
        learner_key: str,
        make_exercise: Callable[[Lesson | None], Exercise],
    ) -> None:
        self.name, self.lesson, self.learner_key = name, lesson, learner_key
        self.serial = next(_serials)
        self.phase = RunPhase.PREPARING
        self.step = -1
        self.begun = 0  # how often a step was begun
        self.recorded = (-1, 0)  # the step that is recorded as done, and which begin of it
        self.problem: ExerciseError | None = None
        self.trackers: dict[str, ConnectionTracker] = {}
        self.lists: dict[str, FrozenList[RecordedFrame]] = {}
        self._make_exercise = make_exercise
        self._exercise: Exercise | None = None
        self._is_closed = False
        self._own_answer = ""
        self._attempts, self._last_attempt_at = 0, 0.0
        self._ready = threading.Event()
        self._lock = threading.Lock()  # one thing at a time is done with the exercise

    @property
    def exercise(self) -> Exercise:
        """The exercise; only once the run is ready."""
        assert self._exercise is not None  # noqa: S101 - the phase says so
        return self._exercise

    @property
    def actors(self) -> tuple[LessonActor, ...]:
        """The actors that the learner moves, the learner first."""
        learner = LessonActor(name=LEARNER, title="")
        others = self.exercise.actors if self._exercise else ()
        return (learner, *(each for each in others if each.is_playable and each.name != LEARNER))

    def begin(self, step: int) -> None:
        """Begin a step, also once more; returns at once."""
        self.phase, self.step, self.problem = RunPhase.PREPARING, step, None
        self.begun += 1
        self._own_answer = ""
        self._attempts = 0
        self._ready.clear()
        threading.Thread(
            target=self._set_up, args=(step, self.begun), name="training-step", daemon=True
        ).start()

    def wait(self, seconds: float) -> None:
        """Wait until the step is ready or has failed, at most for some seconds."""
        self._ready.wait(seconds)

    def perform(self, action: Action) -> None:
        """Perform an action of the learner's; a failure is kept as ``problem``."""
        self._count_attempt()
        self._try(lambda: self.exercise.perform(action))

    @property
    def question_key(self) -> str:
        """Tell the step's question from others, and from itself once the solution answered it."""
        answered_by = "learner" if self.exercise.answer == self._own_answer else "solution"
        return f"{self.serial}-{self.begun}-{answered_by}"

    def choose(self, choice: str, question_key: str) -> None:
        """Answer the step's question.

        The browser can report a choice once more after the step has changed: an answer to
        another question than the present one is ignored.
        """
        if self.phase is not RunPhase.READY or question_key != self.question_key:
            return
        self._count_attempt()
        self._own_answer = choice
        self.exercise.choose(choice)

    def take_attempts(self, settled_s: float) -> int:
        """Return how many attempts there were since the last call, once the last one is so old."""
        if time.monotonic() - self._last_attempt_at < settled_s:
            return 0
        count, self._attempts = self._attempts, 0
        return count

    def show_solution(self) -> None:
        """Begin to play the step's solution."""
        self._try(lambda: self.exercise.show_solution())

    def frames(self, actor: str) -> tuple[RecordedFrame, ...]:
        """Return an actor's frames; its tracker has followed them."""
        frames = self.exercise.frames(actor)
        self.trackers.setdefault(actor, ConnectionTracker()).update(frames)
        return frames

    def frame_list(self, actor: str) -> FrozenList[RecordedFrame]:
        """Return the list that an actor's frames are shown in."""
        return self.lists.setdefault(actor, FrozenList())

    def close(self) -> None:
        """End the exercise's connections and undo what it changed."""
        self._is_closed = True
        with self._lock:
            if self._exercise is not None:
                self._exercise.close()

    def close_in_background(self) -> None:
        """Close on another thread."""
        threading.Thread(target=self.close, name="training-close", daemon=True).start()

    def _set_up(self, step: int, begun: int) -> None:
        problem = None
        with self._lock:
            if self._is_closed or begun != self.begun:
                return
            try:
                if self._exercise is None:
                    self._exercise = self._make_exercise(self.lesson)
                if self.lesson is None:
                    self._exercise.perform(Connect())
                else:
                    self._exercise.begin_step(step)
            except ExerciseError as error:
                log.warning("step %d of %s: %s %s", step, self.name, error, error.reason)
                problem = error
            except Exception as error:
                log.exception("step %d of %s could not be set up", step, self.name)
                problem = ExerciseError(CANNOT_START, str(error))
            if begun == self.begun:
                self.problem = problem
                self.phase = RunPhase.FAILED if problem else RunPhase.READY
                self._ready.set()

    def _count_attempt(self) -> None:
        self._attempts += 1
        self._last_attempt_at = time.monotonic()

    def _try(self, act: Callable[[], None]) -> None:
        self.problem = None
        try:
            act()
        except ExerciseError as error:
            self.problem = error
