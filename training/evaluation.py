"""Whether conditions are met by what happened since a step began.  Pure.

A condition is met by the earliest entries that fit, so what is met stays met when more happens;
only ``IsSubscribed`` is about the present.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, assert_never

from msgspec import Struct

from client.recorded_frames import FrameKind, RecordedFrame, ReplyMatcher
from client.sans_io.codec import parse_timestamp
from client.sans_io.connection_events import Direction
from common.text_patterns import Pattern, PatternTooSlow, parse_pattern
from training.conditions import (
    AllOf,
    Answered,
    AnyOf,
    Closed,
    Condition,
    Connected,
    ConnectionEnded,
    Count,
    InOrder,
    IsSubscribed,
    Never,
    Performed,
    Received,
    Rejected,
    Sent,
    Within,
)
from training.lesson_types import Goal, Step, walk
from training.placeholders import fill_condition

MAX_CACHED_LENGTH = 1000  # bytes
_REPLIES_TO: dict[str, frozenset[str]] = {
    "pong": frozenset({"ping"}),
    "subscribed": frozenset({"subscribe"}),
    "unsubscribed": frozenset({"unsubscribe"}),
    "auth_success": frozenset({"auth"}),
    "auth_error": frozenset({"auth"}),
}
"""Types of the requests that a reply of a type may answer; an ``error`` may answer any."""


class FrameRef(Struct, frozen=True):
    """A frame of an actor's connection."""

    actor: str
    seq: int


class GoalResult(Struct, frozen=True):
    """Whether a goal is met, by which frames; or what is wrong with the latest attempt.

    ``near_miss`` is the untranslated text, empty if there is none; ``at`` is its frame.  An unmet
    goal that counts messages has found ``count`` of the ``least`` that it needs; else both are 0.
    """

    is_met: bool
    frames: tuple[FrameRef, ...] = ()
    near_miss: str = ""
    at: FrameRef | None = None
    count: int = 0
    least: int = 0


class StepResult(Struct, frozen=True):
    """The results of a step's goals; a question counts as answered by the right choice."""

    goals: tuple[GoalResult, ...]
    is_answered: bool
    is_met: bool


class ActorFrame(Struct, frozen=True):
    """A frame that an actor's connection recorded, and the request that it answers, if any.

    ``at`` is by the clock that orders the entries, ``server_time`` by the server's time stamp if
    the frame or its reply has one; both in seconds since the epoch.
    """

    actor: str
    frame: RecordedFrame
    request: RecordedFrame | None
    at: float
    server_time: float


class PerformedAction(Struct, frozen=True):
    """An action that was performed, by its tag."""

    at: float
    action: str


class EndedConnection(Struct, frozen=True):
    """Some other connection of the tenant was closed, by the server's log."""

    at: float
    code: int


class GivenAnswer(Struct, frozen=True):
    """An answer to the step's question."""

    at: float
    is_right: bool


_EntryCondition = (
    Sent | Received | Connected | Rejected | Closed | Performed | ConnectionEnded | Answered
)
"""What a single entry meets."""
OtherEntry = PerformedAction | EndedConnection | GivenAnswer
Entry = ActorFrame | OtherEntry


class Timeline(Struct, frozen=True):
    """What happened since the step began, in order; ``subscriptions`` are actors and channels."""

    entries: tuple[Entry, ...] = ()
    subscriptions: frozenset[tuple[str, str]] = frozenset()


class _Match(Struct, frozen=True):
    """The entries that meet a condition; ``last`` is the position of the last of them.

    ``IsSubscribed`` is met by no entry: ``last`` is the position before the one asked from.
    """

    last: int
    entries: tuple[Entry, ...] = ()


def pair_frames(actor: str, frames: Sequence[RecordedFrame]) -> tuple[ActorFrame, ...]:
    """Return all frames of one connection with the requests that they answer.

    A reply without an id answers the oldest request without one that it can answer.
    """
    matcher = ReplyMatcher()
    without_id: deque[RecordedFrame] = deque()
    requests: dict[int, RecordedFrame] = {}
    replies: dict[int, RecordedFrame] = {}
    for frame in frames:
        request = matcher.add(frame)
        if frame.kind is FrameKind.CONNECT:
            without_id.clear()
        elif frame.kind is FrameKind.TEXT and frame.id is None:
            if frame.is_sent:
                without_id.append(frame)
            elif request is None:
                request = _take_request(without_id, frame.type)
        if request is not None:
            requests[frame.seq] = request
            replies[request.seq] = frame
    paired = []
    at = 0.0
    for frame in frames:
        at = max(at, frame.at)  # the clock may be corrected; a connection's order stays
        stamp = _time_stamp(frame)
        if stamp is None and frame.seq in replies:
            stamp = _time_stamp(replies[frame.seq])
        server_time = frame.at if stamp is None else stamp
        paired.append(ActorFrame(actor, frame, requests.get(frame.seq), at, server_time))
    return tuple(paired)


def _take_request(waiting: deque[RecordedFrame], reply_type: str) -> RecordedFrame | None:
    """Remove and return the request that a reply without an id answers."""
    possible = _REPLIES_TO.get(reply_type)
    if possible is None and reply_type != "error":
        return None  # an event
    for request in waiting:
        if possible is None or request.type in possible:
            while waiting.popleft() is not request:
                pass  # the server answers in order: it will not answer this one
            return request
    return None


def _time_stamp(frame: RecordedFrame) -> float | None:
    if frame.direction is not Direction.RECEIVED:
        return None
    return parse_timestamp(frame.json_body.get("timestamp"))


def merge_entries(
    frames: Iterable[Sequence[ActorFrame]], others: Sequence[OtherEntry]
) -> tuple[Entry, ...]:
    """Merge what happened by time; the order within each connection stays."""
    return tuple(heapq.merge(others, *frames, key=lambda entry: entry.at))


def is_met(condition: Condition, timeline: Timeline) -> bool:
    """Return whether a condition is met."""
    return _Evaluation(timeline).first(condition, 0) is not None


def evaluate_step(
    step: Step,
    timeline: Timeline,
    values: Mapping[str, str],
    met: Mapping[int, GoalResult] = MappingProxyType({}),
) -> StepResult:
    """Evaluate all goals of a step.

    Args:
        step: the step.
        timeline: what happened since it began; the oldest entries may be missing.
        values: those of the placeholders in its conditions.
        met: the result of ``stays_met`` before, for entries that are missing now.
    """
    goals = tuple(
        met.get(number) or evaluate_goal(goal, timeline, values)
        for number, goal in enumerate(step.goals)
    )
    is_answered = is_met(Answered(), timeline)
    is_done = all(goal.is_met for goal in goals) and (is_answered or step.question is None)
    return StepResult(goals, is_answered, is_done)


def stays_met(step: Step, result: StepResult) -> dict[int, GoalResult]:
    """Return the goals that are met for good, by their position: not by a present subscription."""
    return {
        number: found
        for number, (goal, found) in enumerate(zip(step.goals, result.goals, strict=True))
        if found.is_met and not any(isinstance(each, IsSubscribed) for each in walk(goal.condition))
    }


def evaluate_goal(goal: Goal, timeline: Timeline, values: Mapping[str, str]) -> GoalResult:
    """Evaluate a goal; the near miss is that of the latest attempt.

    Of several near misses that the same entry completes, the first one counts.
    """
    evaluation = _Evaluation(timeline)
    condition = fill_condition(goal.condition, values)
    if match := evaluation.first(condition, 0):
        return GoalResult(True, _frames_of(match))
    count, least = evaluation.count_so_far(condition, 0)
    latest, text = -1, ""
    attempt: _Match | None = None
    for near_miss in goal.near_misses:
        match = evaluation.latest(fill_condition(near_miss.attempt, values))
        if match is not None and (attempt is None or match.last > latest):
            latest, text, attempt = match.last, near_miss.text, match
    frames = _frames_of(attempt) if attempt else ()
    return GoalResult(False, (), text, frames[-1] if frames else None, count, least)


def _frames_of(match: _Match) -> tuple[FrameRef, ...]:
    """Return the frames of a match, requests before their replies, each once."""
    refs: dict[FrameRef, None] = {}
    for entry in match.entries:
        if isinstance(entry, ActorFrame):
            for frame in (entry.request, entry.frame):
                if frame is not None and frame.kind is FrameKind.TEXT:
                    refs[FrameRef(entry.actor, frame.seq)] = None
            refs[FrameRef(entry.actor, entry.frame.seq)] = None
    return tuple(refs)


class _Evaluation:
    """Finds what meets a condition in one timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self._entries = timeline.entries
        self._subscriptions = timeline.subscriptions
        self._counted = {
            (entry.actor, entry.frame.seq)
            for entry in timeline.entries
            if isinstance(entry, ActorFrame)
        }

    def first(self, condition: Condition, start: int) -> _Match | None:
        """Return the earliest match among the entries from a position on."""
        match condition:
            case IsSubscribed(channel=channel, by=by):
                return _Match(start - 1) if (by, channel) in self._subscriptions else None
            case InOrder(conditions):
                return self._in_order(conditions, start)
            case AllOf(conditions):
                return self._all_of(conditions, start)
            case AnyOf(conditions):
                found = [m for m in (self.first(each, start) for each in conditions) if m]
                return min(found, key=lambda match: match.last, default=None)
            case Count():
                return self._count(condition, start)
            case Within():
                return self._within(condition, start)
            case Never():
                return self._never(condition, start)
            case _:
                return self._first_entry(condition, start)

    def all(self, condition: Condition, start: int) -> Iterator[_Match]:
        """Yield the matches one after another, each after the one before."""
        while (match := self.first(condition, start)) is not None:
            yield match
            if match.last < start:
                return  # no entry has met it: there is no later match
            start = match.last + 1

    def latest(self, condition: Condition) -> _Match | None:
        """Return the last match."""
        found = deque(self.all(condition, 0), maxlen=1)
        return found[0] if found else None

    def count_so_far(self, condition: Condition, start: int) -> tuple[int, int]:
        """Return how many messages an unmet condition has counted, and how many it needs.

        Both are 0 unless it is a ``Count``, or only waits for one at the end of an ``InOrder``.
        """
        match condition:
            case Count(least=least):
                return len(self._distinct(condition, start)), least
            case InOrder(conditions=[*others, Count() as last]):
                before = self._in_order(others, start)
                return (0, 0) if before is None else self.count_so_far(last, before.last + 1)
            case _:
                return 0, 0

    def _first_entry(
        self,
        condition: _EntryCondition,
        start: int,
    ) -> _Match | None:
        for position in range(start, len(self._entries)):
            entry = self._entries[position]
            if self._meets(entry, condition):
                return _Match(position, (entry,))
        return None

    def _meets(self, entry: Entry, condition: _EntryCondition) -> bool:
        match condition:
            case Sent() | Received() | Connected() | Rejected() | Closed():
                return (
                    isinstance(entry, ActorFrame)
                    and entry.actor == condition.by
                    and self._frame_meets(entry, condition)
                )
            case Performed(action=action):
                return isinstance(entry, PerformedAction) and entry.action == action
            case ConnectionEnded(code=code):
                return isinstance(entry, EndedConnection) and entry.code == code
            case Answered():
                return isinstance(entry, GivenAnswer) and entry.is_right
            case _:
                assert_never(condition)

    def _frame_meets(
        self, entry: ActorFrame, condition: Sent | Received | Connected | Rejected | Closed
    ) -> bool:
        frame = entry.frame
        match condition:
            case Sent():
                return frame.is_sent and _message_meets(frame, condition)
            case Received():
                return (
                    not frame.is_sent
                    and _message_meets(frame, condition)
                    and self._answers(entry, condition.replying_to)
                )
            case Connected(has_token=has_token):
                had_token = entry.request is not None and bool(entry.request.text)
                return frame.kind is FrameKind.OPEN and has_token in (None, had_token)
            case Rejected(status=status):
                return frame.kind is FrameKind.HANDSHAKE_REJECTED and frame.code == status
            case Closed(code=code):
                return frame.kind is FrameKind.CLOSE and frame.code == code
            case _:
                assert_never(condition)

    def _answers(self, reply: ActorFrame, wanted: Sent | None) -> bool:
        """Return whether a frame answers a request of the step that meets the condition."""
        if wanted is None:
            return True
        request = reply.request
        return (
            request is not None
            and (reply.actor, request.seq) in self._counted
            and wanted.by == reply.actor
            and _message_meets(request, wanted)
        )

    def _in_order(self, conditions: Iterable[Condition], start: int) -> _Match | None:
        last, entries = start - 1, list[Entry]()
        for each in conditions:
            match = self.first(each, last + 1)
            if match is None:
                return None
            last = match.last
            entries += match.entries
        return _Match(last, tuple(entries))

    def _all_of(self, conditions: Iterable[Condition], start: int) -> _Match | None:
        last, entries = start - 1, list[Entry]()
        for each in conditions:
            match = self.first(each, start)
            if match is None:
                return None
            last = max(last, match.last)
            entries += match.entries
        return _Match(last, tuple(entries))

    def _count(self, condition: Count, start: int) -> _Match | None:
        found = self._distinct(condition, start)
        if len(found) < condition.least:
            return None
        entries = tuple(entry for each in found for entry in each.entries)
        return _Match(found[-1].last, entries)

    def _distinct(self, condition: Count, start: int) -> list[_Match]:
        """Return the first match with each value of ``different``, at the most ``least``."""
        found: dict[str, _Match] = {}
        for number, match in enumerate(self.all(condition.condition, start)):
            found.setdefault(_distinct_value(match, condition.different, number), match)
            if len(found) >= condition.least:
                break
        return list(found.values())

    def _within(self, condition: Within, start: int) -> _Match | None:
        for first in self.all(condition.first, start):
            then = self.first(condition.then, first.last + 1)
            if then is None:
                return None
            if _server_time(then) - _server_time(first) <= condition.seconds:
                return _Match(max(first.last, then.last), first.entries + then.entries)
        return None

    def _never(self, condition: Never, start: int) -> _Match | None:
        for after in self.all(condition.after, start):
            until = self.first(condition.until, after.last + 1)
            if until is None:
                return None
            violation = self.first(condition.condition, after.last + 1)
            if violation is None or violation.last >= until.last:
                return _Match(until.last, after.entries + until.entries)
        return None


def _message_meets(frame: RecordedFrame, condition: Sent | Received) -> bool:
    """Return whether a text frame meets everything but the direction."""
    if frame.kind is not FrameKind.TEXT or condition.type not in ("", frame.type):
        return False
    if any(_has_field(frame.json_body, path) for path in condition.lacks):
        return False
    if not all(_is_number(_field(frame.json_body, path)) for path in condition.numbers):
        return False
    text = frame.text.encode() if condition.where else b""
    return all(_pattern_matches(pattern, text) for pattern in condition.where)


def _pattern_matches(pattern: str, text: bytes) -> bool:
    # The same frames are evaluated again and again; long ones are few, and would fill the memory.
    is_short = len(text) <= MAX_CACHED_LENGTH
    return (_cached_match if is_short else _match)(pattern, text)


def _match(text_of_pattern: str, text: bytes) -> bool:
    pattern = parse_condition_pattern(text_of_pattern)
    try:
        return pattern is None or pattern.matches(text)
    except PatternTooSlow:
        return False


_cached_match = lru_cache(16_384)(_match)


@lru_cache(1024)
def parse_condition_pattern(text: str) -> Pattern | None:
    """Parse a pattern of ``where``; None if it is empty.

    Raises:
        InvalidPattern: the text is no pattern.
    """
    return parse_pattern(text)


_MISSING = object()


def _field(message: Any, path: str) -> Any:
    """Return a field by its path from the root."""
    for name in path.split("."):
        if not isinstance(message, Mapping) or name not in message:
            return _MISSING
        message = message[name]
    return message


def _has_field(message: Any, path: str) -> bool:
    return _field(message, path) is not _MISSING


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _distinct_value(match: _Match, path: str, number: int) -> str:
    """Return what makes a match different: a field of its last message, or its number."""
    if path:
        for entry in reversed(match.entries):
            if isinstance(entry, ActorFrame):
                return repr(_field(entry.frame.json_body, path))
    return str(number)


def _server_time(match: _Match) -> float:
    """Return the latest time of a match, by the server's time stamps where there are some."""
    times = (
        entry.server_time if isinstance(entry, ActorFrame) else entry.at for entry in match.entries
    )
    return max(times, default=0.0)
