"""Conformance case: a request that breaks one rule, and the documented answer.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from client.recorded_frames import FrameKind, RecordedFrame
from protocol.close_codes import CloseCode
from protocol.errors import ErrorCode
from protocol.opcodes import Opcode

REPETITION_PLACEHOLDER = b"#"
LIVENESS_PING_ID = "alive"
"""Id of the ping that checks, after an error, that the connection is still open."""


class Actor(StrEnum):
    """Who sends the request; each run uses users of its own."""

    CUSTOMER = "customer"
    OTHER_CUSTOMER = "other"  # another customer
    OTHER_TENANT_ADMIN = "stranger"  # an admin of another shop
    SERVICE = "service"
    ANONYMOUS = "nobody"  # no token
    EXPIRED_TOKEN = "expired"  # noqa: S105 - the name of an actor, no token
    FORGED_TOKEN = "forged"  # noqa: S105 - signed with another secret
    SHORT_LIVED_TOKEN = "brief"  # noqa: S105 - a customer whose token lasts two seconds


class ExpectError(Struct, frozen=True):
    """Expects an ``error`` with this code; the connection stays open."""

    code: ErrorCode


class ExpectAuthError(Struct, frozen=True):
    """Expects an ``auth_error``; the connection stays open."""


class ExpectClose(Struct, frozen=True):
    """Expects the connection to be closed with this code."""

    code: CloseCode


class ExpectHttpStatus(Struct, frozen=True):
    """Expects this HTTP status, for a publish request or a handshake."""

    status: int


Expectation = ExpectError | ExpectAuthError | ExpectClose | ExpectHttpStatus


class SendFrames(Struct, frozen=True):
    """A frame to send ``times`` in a row; ``conformance.placeholders`` in it are filled in.

    With ``await_replies`` it is a request with the id ``t#``, where ``#`` is the number of the
    repetition; each is sent after the reply to the one before, as fast as the rate limit allows.
    """

    data: bytes
    opcode: Opcode = Opcode.TEXT
    times: int = 1
    await_replies: bool = False


class ConformanceCase(Struct, frozen=True, kw_only=True):
    """One conformance case.

    ``actor`` connects, after ``sibling_connections`` of the same user, and sends.  ``$TOKEN`` is
    the token of ``token_of``.  ``origin`` is sent as the Origin header.  With ``publish_body``
    there is no connection: the body is published over HTTP, after ``first_publish_body`` under
    the same Idempotency-Key.  The answer must arrive within ``timeout_s``.
    """

    name: str
    title: str
    expected: Expectation
    actor: Actor = Actor.CUSTOMER
    token_of: Actor = Actor.CUSTOMER
    send: SendFrames | None = None
    sibling_connections: int = 0
    origin: str | None = None
    publish_body: bytes | None = None
    first_publish_body: bytes | None = None
    timeout_s: float = 5.0


class CaseGroup(Struct, frozen=True):
    """Cases of one subject."""

    title: str
    cases: tuple[ConformanceCase, ...]


class CaseStatus(StrEnum):
    """Status of a case."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


def expectation_label(expected: Expectation) -> str:
    """Label of the expected answer, in protocol terms."""
    match expected:
        case ExpectError(code):
            return str(code)
        case ExpectAuthError():
            return "auth_error"
        case ExpectClose(code):
            return f"close {int(code)}"
        case ExpectHttpStatus(status):
            return f"HTTP {status}"
        case _:
            assert_never(expected)


def frame_label(frame: RecordedFrame) -> str:
    """Label of the actual answer, in the same terms."""
    return frame.error_code if frame.kind is FrameKind.TEXT and frame.error_code else frame.label


def is_expected(frame: RecordedFrame, expected: Expectation) -> bool:
    """Return whether a frame is the documented answer."""
    match expected:
        case ExpectError(code):
            return (
                frame.kind is FrameKind.TEXT and frame.type == "error" and frame.error_code == code
            )
        case ExpectAuthError():
            return frame.type == "auth_error" and not frame.is_sent
        case ExpectClose(code):
            return frame.kind is FrameKind.CLOSE and not frame.is_sent and frame.code == code
        case ExpectHttpStatus(status):
            return (
                frame.kind in (FrameKind.HTTP_RESPONSE, FrameKind.HANDSHAKE_REJECTED)
                and frame.code == status
            )
        case _:
            assert_never(expected)


def keeps_connection_open(expected: Expectation) -> bool:
    """Return whether the connection must stay open."""
    return isinstance(expected, ExpectError | ExpectAuthError)


def actual_answer(frames: Iterable[RecordedFrame], expected: Expectation) -> RecordedFrame | None:
    """Return the actual answer: the expected frame, else the last error."""
    last_error: RecordedFrame | None = None
    for frame in frames:
        if is_expected(frame, expected):
            return frame
        if frame.is_error or frame.kind is FrameKind.HTTP_RESPONSE:
            last_error = frame
    return last_error


def evaluate(frames: Iterable[RecordedFrame], expected: Expectation) -> CaseStatus:
    """Evaluate a finished case."""
    frames = tuple(frames)
    answer = actual_answer(frames, expected)
    if answer is None or not is_expected(answer, expected):
        return CaseStatus.FAILED
    if keeps_connection_open(expected) and not any(
        f.type == "pong" and f.id == LIVENESS_PING_ID for f in frames
    ):
        return CaseStatus.FAILED
    return CaseStatus.PASSED
