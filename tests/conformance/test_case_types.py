"""Trials, run against a real server: each gets its documented answer."""

import re
from pathlib import Path

import pytest

from client.recorded_frames import FrameKind
from conformance import case_types
from conformance.case_types import (
    CaseStatus,
    ExpectAuthError,
    ExpectClose,
    ExpectError,
    ExpectHttpStatus,
)
from conformance.cases import ALL_CASES, CASES_BY_NAME
from conformance.runner import CaseRun, ConformanceRunner, ConformanceTarget
from protocol.errors import CloseCode, ErrorCode

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"
PATIENT = 10.0  # trials that take longer wait for a deadline of the server's
QUICK = [name for name, trial in CASES_BY_NAME.items() if trial.timeout_s < PATIENT]


@pytest.fixture(scope="module")
def place(launching, tmp_path_factory, secret):
    with launching(tmp_path_factory.mktemp("server")) as start:
        port = start.server(WORKBENCH_AUTH_TIMEOUT_S="1").port
        yield ConformanceTarget(
            f"ws://127.0.0.1:{port}/ws", f"http://127.0.0.1:{port}", secret, "shop"
        )


@pytest.mark.parametrize("name", [*QUICK, "silent"])
def test_get_the_documented_answer(place, name):
    run = CaseRun(CASES_BY_NAME[name], place)

    assert run.wait(30)
    assert run.result.status is CaseStatus.PASSED, run.result.frames[-6:]
    assert "ey" not in "".join(frame.text for frame in run.result.frames if frame.is_sent)


def test_that_wait_end_when_the_tab_closes(place):
    runner = ConformanceRunner()
    runner.start(CASES_BY_NAME["token-ends"], place)

    runner.close()

    assert runner.results()["token-ends"].status is CaseStatus.FAILED


def test_that_are_running_are_not_started_twice(place):
    runner = ConformanceRunner()
    runner.start(CASES_BY_NAME["token-ends"], place)
    runner.start(CASES_BY_NAME["token-ends"], place)
    runner.close()

    kinds = [frame.kind for frame in runner.results()["token-ends"].frames]
    assert kinds.count(FrameKind.CONNECT) == 1


def test_say_so_where_nobody_answers(secret):
    nowhere = ConformanceTarget("ws://127.0.0.1:9/ws", "http://127.0.0.1:9", secret, "shop")

    for name, came in (("not-json", "close 1006"), ("no-address", "HTTP 0")):
        run = CaseRun(CASES_BY_NAME[name], nowhere)
        assert run.wait(30)
        assert run.result.status is CaseStatus.FAILED
        assert case_types.frame_label(run.result.answer) == came


def test_cover_every_refusal_and_every_close_that_a_client_can_bring_about():
    expected = [trial.expected for trial in CASES_BY_NAME.values()]

    assert {e.code for e in expected if isinstance(e, ExpectError)} == (
        set(ErrorCode) - {ErrorCode.INTERNAL}
    )
    assert {e.code for e in expected if isinstance(e, ExpectClose)} == {
        CloseCode.PROTOCOL_ERROR,
        CloseCode.UNSUPPORTED_DATA,
        CloseCode.INVALID_TEXT,
        CloseCode.MESSAGE_TOO_BIG,
        CloseCode.NOT_SIGNED_IN,
        CloseCode.FLOODING,
        CloseCode.TOO_MANY_CONNECTIONS,
        CloseCode.TOKEN_EXPIRED,
    }
    assert any(isinstance(e, ExpectAuthError) for e in expected)
    assert len(CASES_BY_NAME) == len(ALL_CASES)


def test_expect_what_the_protocol_page_documents():
    page = PROTOCOL.read_text()

    for trial in CASES_BY_NAME.values():
        match trial.expected:
            case ExpectError(code):
                assert f"| `{code}` |" in page
            case ExpectClose(code):
                assert re.search(rf"^\| [\d, ]*\b{int(code)}\b", page, re.MULTILINE)
            case ExpectHttpStatus(status):
                assert status in (401, 403, 409, 413, 422)
            case ExpectAuthError():
                assert '"auth_error"' in page


def test_a_refusal_after_which_the_connection_is_gone_is_not_as_documented(conversation):
    expected = ExpectError(ErrorCode.FORBIDDEN)
    refusal = b'{"type":"error","payload":{"code":"forbidden","message":""},"id":"t1"}'
    conversation.record.record_received(refusal)

    assert case_types.evaluate(conversation.frames, expected) is CaseStatus.FAILED

    conversation.record.record_received(b'{"type":"pong","id":"alive"}')

    assert case_types.evaluate(conversation.frames, expected) is CaseStatus.PASSED


def test_another_refusal_than_the_documented_one_is_shown_and_judged(conversation):
    expected = ExpectError(ErrorCode.FORBIDDEN)
    conversation.record.record_received(
        b'{"type":"error","payload":{"code":"internal","message":""}}'
    )

    assert case_types.evaluate(conversation.frames, expected) is CaseStatus.FAILED
    assert (
        case_types.frame_label(case_types.actual_answer(conversation.frames, expected))
        == "internal"
    )


def test_nothing_at_all_is_judged_too(conversation):
    assert case_types.evaluate(conversation.frames, ExpectAuthError()) is CaseStatus.FAILED
    assert case_types.actual_answer(conversation.frames, ExpectAuthError()) is None
