"""Trials, run against a real server: each gets its documented answer."""

import re
from pathlib import Path

import pytest

from dashboard.console import trials
from dashboard.console.frames import Kind
from dashboard.console.rules import ALL, TRIALS
from dashboard.console.runner import Place, Run, Runner
from dashboard.console.trials import Answered, Closed, NotTaken, Refused, Verdict
from protocol.errors import CloseCode, ErrorCode

PROTOCOL = Path(__file__).parents[3] / "docs" / "protocol.md"
PATIENT = 10.0  # trials that take longer wait for a deadline of the server's
QUICK = [name for name, trial in TRIALS.items() if trial.patience_s < PATIENT]


@pytest.fixture(scope="module")
def place(launching, tmp_path_factory, secret):
    with launching(tmp_path_factory.mktemp("server")) as start:
        port = start.server(WORKBENCH_AUTH_TIMEOUT_S="1").port
        yield Place(f"ws://127.0.0.1:{port}/ws", f"http://127.0.0.1:{port}", secret, "shop")


@pytest.mark.parametrize("name", [*QUICK, "silent"])
def test_get_the_documented_answer(place, name):
    run = Run(TRIALS[name], place)

    assert run.wait(30)
    assert run.result.verdict is Verdict.AS_DOCUMENTED, run.result.frames[-6:]
    assert "ey" not in "".join(frame.text for frame in run.result.frames if frame.sent)


def test_ask_again_what_came_too_fast(launching, tmp_path, secret):
    with launching(tmp_path) as start:
        port = start.server(WORKBENCH_MESSAGE_BURST="50", WORKBENCH_MESSAGES_PER_SECOND="500").port
        run = Run(
            TRIALS["many-channels"],
            Place(f"ws://127.0.0.1:{port}/ws", f"http://127.0.0.1:{port}", secret, "shop"),
        )
        assert run.wait(30)

    assert run.result.verdict is Verdict.AS_DOCUMENTED, run.result.frames[-6:]


def test_that_wait_end_when_the_tab_closes(place):
    runner = Runner()
    runner.start(TRIALS["token-ends"], place)

    runner.close()

    assert runner.results()["token-ends"].verdict is Verdict.OTHERWISE


def test_that_are_running_are_not_started_twice(place):
    runner = Runner()
    runner.start(TRIALS["token-ends"], place)
    runner.start(TRIALS["token-ends"], place)
    runner.close()

    kinds = [frame.kind for frame in runner.results()["token-ends"].frames]
    assert kinds.count(Kind.CONNECT) == 1


def test_say_so_where_nobody_answers(secret):
    nowhere = Place("ws://127.0.0.1:9/ws", "http://127.0.0.1:9", secret, "shop")

    for name, came in (("not-json", "close 1006"), ("no-address", "HTTP 0")):
        run = Run(TRIALS[name], nowhere)
        assert run.wait(30)
        assert run.result.verdict is Verdict.OTHERWISE
        assert trials.in_short(run.result.answer) == came


def test_cover_every_refusal_and_every_close_that_a_client_can_bring_about():
    expected = [trial.expected for trial in TRIALS.values()]

    assert {e.code for e in expected if isinstance(e, Refused)} == (
        set(ErrorCode) - {ErrorCode.INTERNAL}
    )
    assert {e.code for e in expected if isinstance(e, Closed)} == {
        CloseCode.PROTOCOL_ERROR,
        CloseCode.UNSUPPORTED_DATA,
        CloseCode.INVALID_TEXT,
        CloseCode.MESSAGE_TOO_BIG,
        CloseCode.NOT_SIGNED_IN,
        CloseCode.FLOODING,
        CloseCode.TOO_MANY_CONNECTIONS,
        CloseCode.TOKEN_EXPIRED,
    }
    assert any(isinstance(e, NotTaken) for e in expected)
    assert len(TRIALS) == len(ALL)


def test_expect_what_the_protocol_page_documents():
    page = PROTOCOL.read_text()

    for trial in TRIALS.values():
        match trial.expected:
            case Refused(code):
                assert f"| `{code}` |" in page
            case Closed(code):
                assert re.search(rf"^\| [\d, ]*\b{int(code)}\b", page, re.MULTILINE)
            case Answered(status):
                assert status in (401, 403, 409, 413, 422)
            case NotTaken():
                assert '"auth_error"' in page


def test_a_refusal_after_which_the_connection_is_gone_is_not_as_documented(conversation):
    expected = Refused(ErrorCode.FORBIDDEN)
    refusal = b'{"type":"error","payload":{"code":"forbidden","message":""},"id":"t1"}'
    conversation.record.heard(refusal)

    assert trials.judge(conversation.frames, expected) is Verdict.OTHERWISE

    conversation.record.heard(b'{"type":"pong","id":"alive"}')

    assert trials.judge(conversation.frames, expected) is Verdict.AS_DOCUMENTED


def test_another_refusal_than_the_documented_one_is_shown_and_judged(conversation):
    expected = Refused(ErrorCode.FORBIDDEN)
    conversation.record.heard(b'{"type":"error","payload":{"code":"internal","message":""}}')

    assert trials.judge(conversation.frames, expected) is Verdict.OTHERWISE
    assert trials.in_short(trials.came(conversation.frames, expected)) == "internal"


def test_nothing_at_all_is_judged_too(conversation):
    assert trials.judge(conversation.frames, NotTaken()) is Verdict.OTHERWISE
    assert trials.came(conversation.frames, NotTaken()) is None
