"""Conformance cases, run against a real server: each gets its documented answer."""

import pytest

from client.recorded_frames import FrameKind
from conformance.case_types import CaseStatus, frame_label
from conformance.cases import CASES_BY_NAME
from conformance.runner import CaseRun, ConformanceRunner, ConformanceTarget

DEADLINE_S = 10.0
"""Cases with a longer timeout wait for a timeout of the server."""
QUICK = [name for name, case in CASES_BY_NAME.items() if case.timeout_s < DEADLINE_S]


@pytest.fixture(scope="module")
def target(launching, tmp_path_factory, secret):
    with launching(tmp_path_factory.mktemp("server")) as start:
        port = start.server(WORKBENCH_AUTH_TIMEOUT_S="1").port
        yield ConformanceTarget(
            f"ws://127.0.0.1:{port}/ws", f"http://127.0.0.1:{port}", secret, "shop"
        )


@pytest.mark.parametrize("name", [*QUICK, "many-channels", "silent"])
def test_a_case_gets_the_documented_answer(target, name):
    run = CaseRun(CASES_BY_NAME[name], target)

    assert run.wait(30)
    assert run.result.status is CaseStatus.PASSED, run.result.frames[-6:]
    assert "ey" not in "".join(frame.text for frame in run.result.frames if frame.is_sent)


def test_a_request_over_the_rate_limit_is_repeated(launch_server, secret):
    port = launch_server(WORKBENCH_MESSAGE_BURST="15").port
    target = ConformanceTarget(
        f"ws://127.0.0.1:{port}/ws", f"http://127.0.0.1:{port}", secret, "shop"
    )
    run = CaseRun(CASES_BY_NAME["many-channels"], target)

    assert run.wait(60)
    assert run.result.status is CaseStatus.PASSED
    assert any(frame.error_code == "rate_limited" for frame in run.result.frames)


def test_waiting_runs_end_when_the_runner_is_closed(target):
    runner = ConformanceRunner()
    runner.start(CASES_BY_NAME["token-ends"], target)

    runner.close()

    assert runner.results()["token-ends"].status is CaseStatus.FAILED


def test_a_running_case_is_not_started_again(target):
    runner = ConformanceRunner()
    runner.start(CASES_BY_NAME["token-ends"], target)
    runner.start(CASES_BY_NAME["token-ends"], target)
    runner.close()

    kinds = [frame.kind for frame in runner.results()["token-ends"].frames]
    assert kinds.count(FrameKind.CONNECT) == 1


def test_a_case_fails_when_the_server_is_unreachable(secret):
    unreachable = ConformanceTarget("ws://127.0.0.1:9/ws", "http://127.0.0.1:9", secret, "shop")

    for name, answer in (("not-json", "close 1006"), ("no-address", "HTTP 0")):
        run = CaseRun(CASES_BY_NAME[name], unreachable)
        assert run.wait(30)
        assert run.result.status is CaseStatus.FAILED
        assert frame_label(run.result.answer) == answer
