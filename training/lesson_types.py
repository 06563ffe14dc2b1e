"""Lessons, their steps and their questions.  Pure.

Texts are English and marked with ``N_``; the page translates them.  In texts, frames, channels
and conditions, placeholders such as ``{order}`` stand for the values of the learner's exercise
(``training.placeholders``).  In texts, `` `code` `` and ``**bold**`` are the only marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from training.actions import Action
from training.conditions import Condition

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class ActorRole(StrEnum):
    """Role in the token of an actor."""

    CUSTOMER = "customer"
    AGENT = "agent"


class LessonActor(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody with a connection of their own in a lesson.

    ``title`` is shown where one chooses an actor; an actor that is not ``is_playable`` is
    moved by the lesson alone.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: str
    role: ActorRole = ActorRole.CUSTOMER
    is_playable: bool = True


class NearMiss(Struct, frozen=True, forbid_unknown_fields=True):
    """An attempt that does not meet a goal, and what is wrong with it.

    ``{n}`` in the text is the number of the latest frame that meets ``attempt``.
    """

    attempt: Condition
    text: str


class Goal(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of what a step asks for; near misses are tried in order."""

    text: str
    condition: Condition
    near_misses: tuple[NearMiss, ...] = ()


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer to a question; ``explanation`` says why it is wrong, empty for the right one."""

    name: Name
    text: str
    explanation: str = ""


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """A question with exactly one right choice."""

    text: str
    choices: tuple[Choice, ...]


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the workbench that shows the same thing from the other side.

    ``page`` is the page's path; ``parameters`` go into its address, placeholders filled in.
    """

    text: str
    page: str
    parameters: tuple[tuple[str, str], ...] = ()


class Step(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step of a lesson.

    ``instruction`` says what to do, ``reason`` why it matters, ``explanation`` why it worked.
    ``setup`` is performed when the step begins, ``solution`` by *Show the solution* and by the
    check.  ``resume`` is performed before ``setup``, unless the step follows the one before it in
    the same exercise: it brings about what earlier steps leave behind, so that a step can be begun
    alone.
    ``buttons`` are actions that the page offers in this step.  ``draft`` is the frame in the
    editor at first.  Hints are ordered from vague to exact, each longer than the one before.
    """

    title: str
    instruction: str
    reason: str
    goals: tuple[Goal, ...]
    hints: tuple[str, ...]
    solution: tuple[Action, ...]
    explanation: str
    draft: str = ""
    resume: tuple[Action, ...] = ()
    setup: tuple[Action, ...] = ()
    buttons: tuple[Action, ...] = ()
    question: Question | None = None
    links: tuple[Link, ...] = ()


class Lesson(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A lesson; ``name`` is in addresses and progress files and must never change.

    ``terms`` are the protocol's words that it covers.
    """

    name: Name
    title: str
    minutes: Annotated[int, Meta(ge=1, le=120)]
    teaches: str
    terms: tuple[str, ...]
    steps: tuple[Step, ...]
    wrap_up: str
    actors: tuple[LessonActor, ...] = ()


class Chapter(Struct, frozen=True, forbid_unknown_fields=True):
    """Lessons of one subject."""

    title: str
    about: str
    lessons: tuple[Lesson, ...]


def walk(value: object) -> Iterator[Struct]:
    """Yield a structure and all structures in it."""
    if isinstance(value, Struct):
        yield value
        value = tuple(getattr(value, name) for name in value.__struct_fields__)
    if isinstance(value, tuple):
        for each in value:
            yield from walk(each)
