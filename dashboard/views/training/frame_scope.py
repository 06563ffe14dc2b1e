"""Which frames a step is about: a staff connection receives the whole shop's events.  Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set

from client.recorded_frames import RecordedFrame
from training.conditions import Received, Sent
from training.lesson_types import Step, walk


def types_of(step: Step | None, own: Sequence[RecordedFrame]) -> frozenset[str]:
    """Return the types that a step asks for, and those of the learner's own frames."""
    asked = {
        each.type
        for goal in (step.goals if step else ())
        for each in walk(goal)
        if isinstance(each, Sent | Received)
    }
    return frozenset(asked | {frame.type for frame in own})


def in_scope(
    frames: Sequence[RecordedFrame],
    types: Set[str],
    conversation: str = "",
    marked: Set[int] = frozenset(),
) -> tuple[RecordedFrame, ...]:
    """Return the frames without events of other types and chats, but for ``marked`` ones.

    ``conversation`` is the learner's support conversation; empty before there is one.
    """

    def belongs(frame: RecordedFrame) -> bool:
        if not frame.is_event or frame.seq in marked:
            return True
        other_chat = frame.payload.get("conversation_id", conversation) != conversation
        return frame.type in types and not other_chat

    return tuple(frame for frame in frames if belongs(frame))
