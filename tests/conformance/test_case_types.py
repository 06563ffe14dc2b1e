"""Evaluating the frames of a conformance case."""

from conformance import case_types
from conformance.case_types import CaseStatus, ExpectAuthError, ExpectError
from protocol.errors import ErrorCode


def test_an_error_fails_the_case_when_the_connection_does_not_stay_open(conversation):
    expected = ExpectError(ErrorCode.FORBIDDEN)
    refusal = b'{"type":"error","payload":{"code":"forbidden","message":""},"id":"t1"}'
    conversation.record.record_received(refusal)

    assert case_types.evaluate(conversation.frames, expected) is CaseStatus.FAILED

    conversation.record.record_received(b'{"type":"pong","id":"alive"}')

    assert case_types.evaluate(conversation.frames, expected) is CaseStatus.PASSED


def test_an_unexpected_error_is_the_answer_and_fails_the_case(conversation):
    expected = ExpectError(ErrorCode.FORBIDDEN)
    conversation.record.record_received(
        b'{"type":"error","payload":{"code":"internal","message":""}}'
    )

    assert case_types.evaluate(conversation.frames, expected) is CaseStatus.FAILED
    assert (
        case_types.frame_label(case_types.actual_answer(conversation.frames, expected))
        == "internal"
    )


def test_a_case_without_an_answer_fails(conversation):
    assert case_types.evaluate(conversation.frames, ExpectAuthError()) is CaseStatus.FAILED
    assert case_types.actual_answer(conversation.frames, ExpectAuthError()) is None
