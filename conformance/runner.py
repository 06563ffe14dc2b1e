"""Runs conformance cases, each on a new connection and its own thread."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from functools import partial

from msgspec import Raw, Struct

from client.frame_recorder import FrameRecorder
from client.http_client import ApiClient, ApiRequestError
from client.raw_connection import RawConnection
from client.recorded_frames import FrameKind, RecordedFrame
from client.tokens import mint
from conformance.case_types import (
    LIVENESS_PING_ID,
    Actor,
    CaseStatus,
    ConformanceCase,
    SendFrames,
    actual_answer,
    evaluate,
    is_expected,
    keeps_connection_open,
)
from dashboard.views.console.templates import ORDER, TENANT, TOKEN
from protocol import codec

LIVENESS_PING = b'{"type":"ping","id":"%s"}' % LIVENESS_PING_ID.encode()
CONNECT_TIMEOUT_S, REPLY_TIMEOUT_S = 5.0, 5.0
LIVENESS_INTERVAL_S = 0.2  # a ping may itself be over the rate limit
SHORT_TOKEN_LIFETIME_S = 2.0
OTHER_TENANT = "books"  # another shop


class ConformanceTarget(Struct, frozen=True):
    """The server under test; ``order_id`` is an existing order of another user."""

    socket_url: str
    server_url: str
    jwt_secret: str
    tenant: str
    order_id: str = "ord_1"


class CaseResult(Struct, frozen=True):
    """Result of a case so far; ``answer`` is the actual answer."""

    case: ConformanceCase
    status: CaseStatus
    frames: tuple[RecordedFrame, ...]
    answer: RecordedFrame | None


class CaseRun:
    """One trial, from its start."""

    def __init__(self, case: ConformanceCase, target: ConformanceTarget) -> None:
        self._case, self._target = case, target
        self._user_id = f"trial_{secrets.token_hex(4)}"
        self._recorder = FrameRecorder()
        self._connections: list[RawConnection] = []
        self._is_finished = threading.Event()
        self._thread = threading.Thread(target=self._main, name="console-trial", daemon=True)
        self._thread.start()

    @property
    def result(self) -> CaseResult:
        """Return what is known now."""
        is_over = self._is_finished.is_set()  # before the frames, which then are all
        frames, expected = self._recorder.frames(), self._case.expected
        verdict = evaluate(frames, expected) if is_over else CaseStatus.RUNNING
        return CaseResult(self._case, verdict, frames, actual_answer(frames, expected))

    def wait(self, seconds: float) -> bool:
        """Wait for its end; returns whether it came."""
        return self._is_finished.wait(seconds)

    def stop(self) -> None:
        """Stop waiting and close."""
        self._recorder.release_waiters()
        self._thread.join(REPLY_TIMEOUT_S)

    def _main(self) -> None:
        try:
            if self._case.publish_body is None:
                self._run_on_socket()
            else:
                self._run_over_http(self._case.publish_body)
        finally:
            for wire in self._connections:
                wire.close()
            self._is_finished.set()

    def _run_on_socket(self) -> None:
        trial = self._case
        for _ in range(trial.sibling_connections):
            neighbour = self._connect(FrameRecorder())
            neighbour.recorder.wait_for(lambda f: f.type == "auth_success", CONNECT_TIMEOUT_S)
        wire = self._connect(self._recorder)
        first = self._recorder.wait_for(lambda f: not f.is_sent, CONNECT_TIMEOUT_S)
        if first is None or first.kind is not FrameKind.OPEN:
            return
        if trial.send:
            self._send(wire, trial.send)
        answer = self._recorder.wait_for(
            lambda f: is_expected(f, trial.expected) or f.kind is FrameKind.CLOSE, trial.timeout_s
        )
        if answer is not None and keeps_connection_open(trial.expected):
            self._check_still_open(wire)

    def _connect(self, recorder: FrameRecorder) -> RawConnection:
        wire = RawConnection(self._target.socket_url, recorder, self._case.origin)
        self._connections.append(wire)
        wire.open(self._token(self._case.actor))
        return wire

    def _send(self, connection: RawConnection, send: SendFrames) -> None:
        filled = self._fill_placeholders(send.data)
        for number in range(1, send.times + 1):
            data = filled.replace(b"#", str(number).encode()) if send.await_replies else filled
            connection.send(data, send.opcode)
            if send.await_replies:
                self._recorder.wait_for(partial(_is_reply, f"t{number}"), REPLY_TIMEOUT_S)

    def _check_still_open(self, connection: RawConnection) -> None:
        """Ping until a pong arrives; a ping may itself be rate limited."""
        for _ in range(int(REPLY_TIMEOUT_S / LIVENESS_INTERVAL_S)):
            connection.send(LIVENESS_PING)
            if self._recorder.wait_for(
                lambda f: f.type == "pong" and f.id == LIVENESS_PING_ID, LIVENESS_INTERVAL_S
            ):
                return

    def _run_over_http(self, body: bytes) -> None:
        asker = ApiClient(self._target.server_url, lambda: self._token(self._case.actor) or "")
        key = secrets.token_hex(8) if self._case.first_publish_body else None
        if self._case.first_publish_body:
            publish_and_record(
                asker, self._fill_placeholders(self._case.first_publish_body), self._recorder, key
            )
        publish_and_record(asker, self._fill_placeholders(body), self._recorder, key)

    def _fill_placeholders(self, data: bytes) -> bytes:
        shown = self._token(self._case.token_of) or ""
        values = {TOKEN: shown, ORDER: self._target.order_id, TENANT: self._target.tenant}
        for name, value in values.items():
            data = data.replace(name.encode(), value.encode())
        return data

    def _token(self, actor: Actor) -> str | None:
        if actor is Actor.ANONYMOUS:
            return None
        secret = (
            self._target.jwt_secret if actor is not Actor.FORGED_TOKEN else secrets.token_hex(32)
        )
        lifetimes = {Actor.EXPIRED_TOKEN: -60.0, Actor.SHORT_LIVED_TOKEN: SHORT_TOKEN_LIFETIME_S}
        roles = {Actor.OTHER_TENANT_ADMIN: "admin", Actor.SERVICE: "service"}
        return mint(
            secret,
            user_id=f"{self._user_id}_other" if actor is Actor.OTHER_CUSTOMER else self._user_id,
            tenant_id=OTHER_TENANT if actor is Actor.OTHER_TENANT_ADMIN else self._target.tenant,
            role=roles.get(actor, "customer"),
            lifetime_s=lifetimes.get(actor, 600.0),
        )


class ConformanceRunner:
    """Runs the cases of a tab; keeps the latest run of each."""

    def __init__(self) -> None:
        self._runs: dict[str, CaseRun] = {}

    def start(self, case: ConformanceCase, target: ConformanceTarget) -> None:
        """Run a trial, unless it is running already."""
        before = self._runs.get(case.name)
        if before is None or before.result.status is not CaseStatus.RUNNING:
            self._runs[case.name] = CaseRun(case, target)

    def results(self) -> Mapping[str, CaseResult]:
        """Return what became of the trials so far, by name."""
        return {name: run.result for name, run in self._runs.items()}

    def close(self) -> None:
        """Stop all that still run."""
        for run in self._runs.values():
            run.stop()


def _is_reply(id: str, frame: RecordedFrame) -> bool:
    return not frame.is_sent and frame.id == id


def publish_and_record(
    client: ApiClient, body: bytes, recorder: FrameRecorder, key: str | None = None
) -> None:
    """Publish over HTTP, under an Idempotency-Key if there is one, and note what came of it."""
    request = recorder.record_http_request(body)
    try:
        answer = client.post("/api/publish", Raw(body), {"Idempotency-Key": key} if key else {})
    except ApiRequestError as why:
        told = {"error": {"code": why.detail.code, "message": why.detail.message or str(why)}}
        recorder.record_http_response(request, why.status or 0, codec.encode_json(told))
    else:
        recorder.record_http_response(request, 200, answer)
