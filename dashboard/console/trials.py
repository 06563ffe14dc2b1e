"""Conformance case: a request that breaks one rule, and the documented answer.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from dashboard.console.frames import Frame, Kind, Opcode
from protocol.errors import CloseCode, ErrorCode

ALIVE = "alive"
"""Id of the ping that checks, after an error, that the connection is still open."""


class Who(StrEnum):
    """Who sends the request; each run uses users of its own."""

    CUSTOMER = "customer"
    OTHER = "other"  # another customer
    STRANGER = "stranger"  # an admin of another shop
    SERVICE = "service"
    NOBODY = "nobody"  # no token
    EXPIRED = "expired"
    FORGED = "forged"  # signed with another secret
    BRIEF = "brief"  # a customer whose token lasts two seconds


class Refused(Struct, frozen=True):
    """Expects an ``error`` with this code; the connection stays open."""

    code: ErrorCode


class NotTaken(Struct, frozen=True):
    """Expects an ``auth_error``; the connection stays open."""


class Closed(Struct, frozen=True):
    """Expects the connection to be closed with this code."""

    code: CloseCode


class Answered(Struct, frozen=True):
    """Expects this HTTP status, for a publish request or a handshake."""

    status: int


Expected = Refused | NotTaken | Closed | Answered


class Send(Struct, frozen=True):
    """A frame to send; ``$TOKEN``, ``$ORDER`` and ``$TENANT`` in it are filled in.

    It is sent ``times`` in a row; ``answered`` waits for a reply each time, with ``#``
    standing for the number.
    """

    data: bytes
    opcode: Opcode = Opcode.TEXT
    times: int = 1
    answered: bool = False


class Trial(Struct, frozen=True, kw_only=True):
    """One conformance case.

    ``who`` connects, after ``crowd`` others as the same user; ``shows`` is whose token stands
    for ``$TOKEN``; ``origin`` is that of a page it pretends to be.  With ``post``, a
    publication's body, nothing connects; ``after`` is a body published before, under the same
    Idempotency-Key.  The answer may take ``patience_s``.
    """

    name: str
    title: str
    expected: Expected
    who: Who = Who.CUSTOMER
    shows: Who = Who.CUSTOMER
    send: Send | None = None
    crowd: int = 0
    origin: str | None = None
    post: bytes | None = None
    after: bytes | None = None
    patience_s: float = 5.0


class Verdict(StrEnum):
    """Status of a case."""

    RUNNING = "running"
    AS_DOCUMENTED = "passed"
    OTHERWISE = "failed"


def expected_in_short(expected: Expected) -> str:
    """Label of the expected answer, in protocol terms."""
    match expected:
        case Refused(code):
            return str(code)
        case NotTaken():
            return "auth_error"
        case Closed(code):
            return f"close {int(code)}"
        case Answered(status):
            return f"HTTP {status}"
        case _:
            assert_never(expected)


def in_short(frame: Frame) -> str:
    """Label of the actual answer, in the same terms."""
    return frame.error if frame.kind is Kind.TEXT and frame.error else frame.label


def is_expected(frame: Frame, expected: Expected) -> bool:
    """Tell whether a frame is the documented answer."""
    match expected:
        case Refused(code):
            return frame.kind is Kind.TEXT and frame.type == "error" and frame.error == code
        case NotTaken():
            return frame.type == "auth_error" and not frame.sent
        case Closed(code):
            return frame.kind is Kind.CLOSE and not frame.sent and frame.code == code
        case Answered(status):
            return frame.kind in (Kind.ANSWER, Kind.REFUSED) and frame.code == status
        case _:
            assert_never(expected)


def lives_on(expected: Expected) -> bool:
    """Return whether the connection must stay open."""
    return isinstance(expected, Refused | NotTaken)


def came(frames: Iterable[Frame], expected: Expected) -> Frame | None:
    """Return the actual answer: the expected frame, else the last error."""
    found: Frame | None = None
    for frame in frames:
        if is_expected(frame, expected):
            return frame
        if frame.is_refusal or frame.kind is Kind.ANSWER:
            found = frame
    return found


def judge(frames: Iterable[Frame], expected: Expected) -> Verdict:
    """Evaluate a finished case."""
    frames = tuple(frames)
    answer = came(frames, expected)
    if answer is None or not is_expected(answer, expected):
        return Verdict.OTHERWISE
    if lives_on(expected) and not any(f.type == "pong" and f.id == ALIVE for f in frames):
        return Verdict.OTHERWISE
    return Verdict.AS_DOCUMENTED
