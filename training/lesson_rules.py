"""What every lesson must have, as far as its data show it.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from common.text_patterns import InvalidPattern
from training.actions import LEARNER, Action, Choose, Wait
from training.conditions import Answered, Condition, Received, Sent
from training.evaluation import parse_condition_pattern
from training.lesson_types import Lesson, Question, Step, walk
from training.placeholders import names_in

OTHER = "other"
"""The customer whose order is not the learner's; an actor of this name acts as this customer."""
PERSON_VALUES = ("user_id", "name", "first_name", "order")
LATER_VALUES = frozenset({"tenant", "conversation", "epoch", "offset"})
NEAR_MISS_VALUES = frozenset({"n"})

IsTranslated = Callable[[str], bool]


class LessonProblem(Struct, frozen=True):
    """What is wrong with a lesson; ``step`` counts from 1, 0 is the lesson itself."""

    lesson: str
    step: int
    text: str

    def __str__(self) -> str:
        """Return a line that names the lesson and the step."""
        where = f", step {self.step}" if self.step else ""
        return f"{self.lesson}{where}: {self.text}"


def placeholder_names(lesson: Lesson) -> frozenset[str]:
    """Return the names of the placeholders that the texts of a lesson may contain."""
    actors = {OTHER, *(actor.name for actor in lesson.actors)}
    names = {*PERSON_VALUES, *actors, *LATER_VALUES}
    return frozenset(names | {f"{actor}_{value}" for actor in actors for value in PERSON_VALUES})


def text_problems(lesson: Lesson, is_translated: IsTranslated | None = None) -> list[LessonProblem]:
    """Return what is wrong with what a learner reads.

    ``is_translated`` tells whether a text has its translations; None if it needs none.
    """
    problems = [
        LessonProblem(lesson.name, 0, each)
        for text in lesson_texts(lesson)
        for each in _text_problems(text, lesson, is_translated)
    ]
    for number, step in enumerate(lesson.steps, start=1):
        found = [
            each
            for text in step_texts(step)
            for each in _text_problems(text, lesson, is_translated)
        ]
        found += _hint_problems(step)
        if step.question:
            found += _question_problems(step.question)
        problems += [LessonProblem(lesson.name, number, each) for each in found]
    return problems


def reference_problems(lesson: Lesson) -> list[LessonProblem]:
    """Return what makes a lesson impossible to play: what its data name and does not exist."""
    if not lesson.steps:
        return [LessonProblem(lesson.name, 0, "there are no steps")]
    return [
        LessonProblem(lesson.name, number, each)
        for number, step in enumerate(lesson.steps, start=1)
        for each in _reference_problems(step, lesson)
    ]


def lesson_texts(lesson: Lesson) -> Iterator[str]:
    """Yield the texts of a lesson that are not of one of its steps."""
    yield from (lesson.title, lesson.teaches, lesson.wrap_up)
    yield from (actor.title for actor in lesson.actors)


def step_texts(step: Step) -> Iterator[str]:
    """Yield all texts of a step that a learner reads."""
    yield from (step.title, step.instruction, step.reason, step.explanation, *step.hints)
    for goal in step.goals:
        yield goal.text
        yield from (near_miss.text for near_miss in goal.near_misses)
    if step.question:
        yield step.question.text
        for choice in step.question.choices:
            yield choice.text
            if choice.explanation:
                yield choice.explanation
    yield from (link.text for link in step.links)


def _hint_problems(step: Step) -> Iterator[str]:
    if not step.hints:
        yield "there is no hint"
    for shorter, longer in zip(step.hints, step.hints[1:], strict=False):
        if len(longer) <= len(shorter):
            yield f"a hint is not longer than the one before: {longer!r}"


def _text_problems(text: str, lesson: Lesson, is_translated: IsTranslated | None) -> Iterator[str]:
    if not text.strip():
        yield "a text is empty"
    elif is_translated is not None and not is_translated(text):
        yield f"a translation is missing: {text!r}"
    unknown = names_in(text) - placeholder_names(lesson) - NEAR_MISS_VALUES
    for name in sorted(unknown):
        yield f"there is no value for {{{name}}}: {text!r}"


def _question_problems(question: Question) -> Iterator[str]:
    names = [choice.name for choice in question.choices]
    right = [choice for choice in question.choices if not choice.explanation]
    if len(right) != 1:
        yield f"the question has {len(right)} right choices instead of one"
    if len(set(names)) < len(names):
        yield "two choices of the question have the same name"


def _reference_problems(step: Step, lesson: Lesson) -> Iterator[str]:
    """Yield what the conditions and actions of a step name and does not exist."""
    if not step.goals and step.question is None:
        yield "there is no goal and no question"
    actors = {LEARNER, *(actor.name for actor in lesson.actors)}
    choices = {choice.name for choice in (step.question.choices if step.question else ())}
    for part in walk(step):
        yield from _value_problems(part, lesson)
        by = getattr(part, "by", LEARNER)
        if by not in actors:
            yield f"there is no actor {by!r}"
        match part:
            case Sent(where=where) | Received(where=where):
                yield from _pattern_problems(where)
            case Answered() if step.question is None:
                yield "a goal wants an answer, but there is no question"
            case Choose(choice=choice) if choice not in choices:
                yield f"there is no choice {choice!r}"
            case Wait(goal=goal) if not 1 <= goal <= len(step.goals):
                yield f"there is no goal {goal}"
            case _:
                pass


def _value_problems(part: Struct, lesson: Lesson) -> Iterator[str]:
    """Yield the placeholders without a value in what a condition or an action names."""
    if not isinstance(part, Action | Condition):
        return
    for value in (getattr(part, name) for name in part.__struct_fields__):
        for text in value if isinstance(value, tuple) else (value,):
            names = names_in(text) if isinstance(text, str) else frozenset()
            for name in sorted(names - placeholder_names(lesson)):
                yield f"there is no value for {{{name}}}: {text!r}"


def _pattern_problems(patterns: tuple[str, ...]) -> Iterator[str]:
    for pattern in patterns:
        try:
            if parse_condition_pattern(pattern) is None:
                yield "a pattern is empty"
        except InvalidPattern as error:
            yield f"the pattern {pattern!r} is not valid: {error}"
