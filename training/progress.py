"""What a learner has done, and what a trainer sees of it.  Pure.

Steps are known by the name of their lesson and their position from 0.  Times are in seconds since
the epoch, durations in seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from training.actions import Flood, Send, Wait
from training.lesson_types import Lesson, Step

MAX_NEAR_MISSES = 20  # different ones of one step
NEEDS_HELP_S = 600.0
"""Time on one step after which a learner may need help."""


class StepProgress(Struct, frozen=True, omit_defaults=True):
    """One step: when it was first done, and what it took until then.

    ``messages`` is the smallest number of messages that it was solved with, None before.
    ``hints`` is how many were shown, ``near_misses`` how often each explanation was given, by its
    untranslated text.
    """

    done_at: float | None = None
    seconds: float = 0.0
    attempts: int = 0
    hints: int = 0
    was_solution_shown: bool = False
    messages: int | None = None
    near_misses: dict[str, int] = {}

    @property
    def is_done(self) -> bool:
        """Whether the step was done."""
        return self.done_at is not None


class CurrentStep(Struct, frozen=True):
    """The step that a learner is on, since when, and when the learner was last seen there."""

    lesson: str
    step: int
    since: float
    seen_at: float


class Learner(Struct, frozen=True, omit_defaults=True):
    """A learner's progress; the steps of a lesson by their position, as text."""

    name: str
    lessons: dict[str, dict[str, StepProgress]] = {}
    current: CurrentStep | None = None

    def step(self, lesson: str, step: int) -> StepProgress:
        """Return the progress of a step."""
        return self.lessons.get(lesson, {}).get(str(step), _NOTHING)

    def steps_done(self, lesson: Lesson) -> frozenset[int]:
        """Return the steps of a lesson that were done."""
        steps = range(len(lesson.steps))
        return frozenset(step for step in steps if self.step(lesson.name, step).is_done)

    def has_done(self, lesson: Lesson) -> bool:
        """Return whether every step of a lesson was done."""
        return len(self.steps_done(lesson)) == len(lesson.steps)


_NOTHING = StepProgress()


def begin(learner: Learner, lesson: str, step: int, at: float) -> Learner:
    """Begin a step; the time on the step before ends when the learner was last seen there."""
    left = leave(learner)
    return replace(left, current=CurrentStep(lesson, step, at, at))


def see(learner: Learner, at: float) -> Learner:
    """Record that the learner is still on the current step."""
    if learner.current is None:
        return learner
    return replace(learner, current=replace(learner.current, seen_at=at))


def leave(learner: Learner) -> Learner:
    """End the current step without having done it."""
    current = learner.current
    if current is None:
        return learner
    learner = replace(learner, current=None)
    before = learner.step(current.lesson, current.step)
    if before.is_done:
        return learner
    seconds = before.seconds + max(0.0, current.seen_at - current.since)
    return _with_step(learner, current.lesson, current.step, replace(before, seconds=seconds))


def record_attempt(learner: Learner, lesson: str, step: int, near_miss: str = "") -> Learner:
    """Count an attempt, and the explanation that it got, if any; none after the step was done."""
    before = learner.step(lesson, step)
    if before.is_done:
        return learner
    counts = dict(before.near_misses)
    if near_miss and (near_miss in counts or len(counts) < MAX_NEAR_MISSES):
        counts[near_miss] = counts.get(near_miss, 0) + 1
    changed = replace(before, attempts=before.attempts + 1, near_misses=counts)
    return _with_step(learner, lesson, step, changed)


def record_hint(learner: Learner, lesson: str, step: int, shown: int) -> Learner:
    """Record that so many hints of a step have been shown."""
    before = learner.step(lesson, step)
    hints = max(before.hints, shown)
    return _with_step(learner, lesson, step, replace(before, hints=hints))


def record_solution_shown(learner: Learner, lesson: str, step: int) -> Learner:
    """Record that the solution of a step was shown."""
    before = learner.step(lesson, step)
    return _with_step(learner, lesson, step, replace(before, was_solution_shown=True))


def record_done(learner: Learner, lesson: str, step: int, at: float, messages: int) -> Learner:
    """Record that a step was done with so many messages."""
    current = learner.current
    if current is not None and (current.lesson, current.step) == (lesson, step):
        learner = leave(see(learner, at))
        learner = replace(learner, current=CurrentStep(lesson, step, at, at))
    before = learner.step(lesson, step)
    fewest = messages if before.messages is None else min(before.messages, messages)
    done_at = at if before.done_at is None else before.done_at
    return _with_step(learner, lesson, step, replace(before, done_at=done_at, messages=fewest))


def mark_done(learner: Learner, steps: Mapping[str, Iterable[int]], at: float) -> Learner:
    """Mark steps as done that were done elsewhere; those that are done here stay as they are."""
    for lesson, numbers in steps.items():
        for step in numbers:
            before = learner.step(lesson, step)
            if not before.is_done:
                learner = _with_step(learner, lesson, step, replace(before, done_at=at))
    return learner


def reset_lesson(learner: Learner, lesson: str) -> Learner:
    """Forget everything about a lesson."""
    lessons = {name: steps for name, steps in learner.lessons.items() if name != lesson}
    is_current = learner.current is not None and learner.current.lesson == lesson
    return Learner(learner.name, lessons, None if is_current else learner.current)


def reset_all(learner: Learner) -> Learner:
    """Forget everything but the name."""
    return Learner(learner.name)


def _with_step(learner: Learner, lesson: str, step: int, progress: StepProgress) -> Learner:
    steps = {**learner.lessons.get(lesson, {}), str(step): progress}
    return replace(learner, lessons={**learner.lessons, lesson: steps})


class LessonSummary(Struct, frozen=True):
    """A lesson as one learner did it; ``done_at`` is when its last step was done, None before.

    ``messages`` are those that the steps done here took, ``fewest_messages`` those of their
    solutions.
    """

    steps: int
    steps_done: int
    done_at: float | None
    seconds: float
    attempts: int
    hints: int
    messages: int
    fewest_messages: int


def summarize(learner: Learner, lesson: Lesson) -> LessonSummary:
    """Summarize a lesson; both counts of messages are of the same steps."""
    steps = [learner.step(lesson.name, number) for number in range(len(lesson.steps))]
    done = [step.done_at for step in steps if step.done_at is not None]
    counted = [
        (progress.messages, solution_messages(step))
        for progress, step in zip(steps, lesson.steps, strict=True)
        if progress.messages is not None
    ]
    return LessonSummary(
        steps=len(steps),
        steps_done=len(done),
        done_at=max(done) if done and len(done) == len(steps) else None,
        seconds=sum(step.seconds for step in steps),
        attempts=sum(step.attempts for step in steps),
        hints=sum(step.hints for step in steps),
        messages=sum(used for used, _ in counted),
        fewest_messages=sum(fewest for _, fewest in counted),
    )


def solution_messages(step: Step) -> int:
    """Return how many messages a step's solution sends."""
    return sum(
        action.count if isinstance(action, Flood) else isinstance(action, Send)
        for action in step.solution
    )


class LearnerStatus(Struct, frozen=True):
    """Where a learner is; ``step_progress`` and ``seconds`` are of the current step.

    ``seconds`` counts until now if the learner was seen within the last minute, else until then.
    """

    learner: Learner
    lessons_done: int
    steps_done: dict[str, int]
    step_progress: StepProgress
    seconds: float
    is_here: bool
    may_need_help: bool


PRESENCE_S = 60.0
"""How long a learner counts as being here after having been seen."""


def learner_status(learner: Learner, lessons: Iterable[Lesson], now: float) -> LearnerStatus:
    """Return where a learner is."""
    known = tuple(lessons)
    current = learner.current
    steps_done = {lesson.name: len(learner.steps_done(lesson)) for lesson in known}
    progress, seconds, is_here = _NOTHING, 0.0, False
    if current is not None:
        progress = learner.step(current.lesson, current.step)
        is_here = now - current.seen_at <= PRESENCE_S
        until = now if is_here else current.seen_at
        seconds = progress.seconds
        if not progress.is_done:
            seconds += max(0.0, until - current.since)
    return LearnerStatus(
        learner=learner,
        lessons_done=sum(learner.has_done(lesson) for lesson in known),
        steps_done=steps_done,
        step_progress=progress,
        seconds=seconds,
        is_here=is_here,
        may_need_help=is_here and not progress.is_done and seconds >= NEEDS_HELP_S,
    )


class StepDifficulty(Struct, frozen=True):
    """What a step took all learners together; ``near_miss`` is the most frequent one.

    ``surplus`` is how many attempts it took beyond those of its solution.  ``near_miss`` is the
    untranslated text, empty if there was none.
    """

    lesson: str
    step: int
    learners: int
    attempts: int
    surplus: int
    near_miss: str = ""
    near_miss_count: int = 0


def step_difficulties(
    learners: Iterable[Learner], lessons: Iterable[Lesson]
) -> tuple[StepDifficulty, ...]:
    """Return the steps that took more than their solutions, those with the largest surplus first.

    A step with an explained attempt is among them, too.
    """
    everybody = tuple(learners)
    found = []
    for lesson in lessons:
        for number, step in enumerate(lesson.steps):
            tried = [each.step(lesson.name, number) for each in everybody]
            tried = [progress for progress in tried if progress.attempts]
            if not tried:
                continue
            near_misses = Counter[str]()
            for progress in tried:
                near_misses.update(progress.near_misses)
            text, count = near_misses.most_common(1)[0] if near_misses else ("", 0)
            attempts = sum(progress.attempts for progress in tried)
            needed = sum(not isinstance(action, Wait) for action in step.solution)
            surplus = max(0, attempts - needed * len(tried))
            if surplus or text:
                found.append(
                    StepDifficulty(lesson.name, number, len(tried), attempts, surplus, text, count)
                )
    return tuple(sorted(found, key=lambda each: (-each.surplus, -each.near_miss_count)))
