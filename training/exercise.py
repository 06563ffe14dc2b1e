"""One learner's run of one lesson, against a running server and simulator."""
# INTERFACE SKETCH, replaced by t-training-core before anything else is merged.

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from client.recorded_frames import RecordedFrame
from training.actions import Action
from training.evaluation import StepResult
from training.lesson_types import Lesson


class Environment(Struct, frozen=True):
    """Where exercises run: server, simulator, the secret that tokens are signed with."""


class Exercise:
    """Thread-safe; ``close`` ends its connections and undoes what it changed in the shop.

    ``lesson`` None is the sandbox: the same actors and values, no steps.
    """

    def __init__(
        self, environment: Environment, lesson: Lesson | None, learner_key: str
    ) -> None: ...

    values: Mapping[
        str, str
    ]  # of the placeholders: order, user_id, name, other_order, other_name, ...
    step: int

    def fill(self, text: str) -> str:
        """Fill the placeholders of a (translated) text."""

    def begin_step(self, step: int) -> None:
        """Begin a step: what happened before does not count; performs its setup. Blocks < 5 s."""

    def perform(self, action: Action) -> None:
        """Perform an action of the learner's: what the editor's Send and every button call."""

    def show_solution(self) -> None:
        """Play the step's solution on a thread of its own, one action after another."""

    def choose(self, choice: str) -> None: ...

    def result(self) -> StepResult: ...

    def frames(self, actor: str) -> tuple[RecordedFrame, ...]: ...

    def is_open(self, actor: str) -> bool: ...

    def first_seq(self, actor: str) -> int:
        """Return the first frame of the current step: older ones do not count."""

    def close(self) -> None: ...
