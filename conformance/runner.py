"""Runs conformance cases, each on a new connection and its own thread."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from functools import partial

from msgspec import Struct

from client.frame_recorder import FrameRecorder
from client.http_client import ApiClient
from client.raw_connection import RawConnection
from client.raw_publish import publish_and_record
from client.recorded_frames import FrameKind, RecordedFrame
from client.token_placeholders import TOKEN
from client.tokens import mint
from conformance.case_types import (
    LIVENESS_PING_ID,
    REPETITION_PLACEHOLDER,
    Actor,
    CaseStatus,
    ConformanceCase,
    SendFrames,
    actual_answer,
    evaluate,
    is_expected,
    keeps_connection_open,
)
from conformance.placeholders import ORDER, TENANT
from protocol.errors import ErrorCode

LIVENESS_PING = b'{"type":"ping","id":"%s"}' % LIVENESS_PING_ID.encode()
CONNECT_TIMEOUT_S = 5.0
REPLY_TIMEOUT_S = 5.0
LIVENESS_INTERVAL_S = 0.2
"""Between pings: one may itself be over the rate limit."""
RATE_LIMIT_PAUSE_S = 0.2
"""Before a request is repeated that was over the rate limit."""
SHORT_TOKEN_LIFETIME_S = 2.0
OTHER_TENANT = "books"


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
    """One run of a case; starts at once."""

    def __init__(self, case: ConformanceCase, target: ConformanceTarget) -> None:
        self._case, self._target = case, target
        self._user_id = f"conformance_{secrets.token_hex(4)}"
        self._recorder = FrameRecorder()
        self._connections: list[RawConnection] = []
        self._is_finished = threading.Event()
        self._thread = threading.Thread(target=self._main, name="conformance-case", daemon=True)
        self._thread.start()

    @property
    def result(self) -> CaseResult:
        """The current result."""
        is_finished = self._is_finished.is_set()  # read first: then the frames are all there are
        frames, expected = self._recorder.frames(), self._case.expected
        status = evaluate(frames, expected) if is_finished else CaseStatus.RUNNING
        return CaseResult(self._case, status, frames, actual_answer(frames, expected))

    def wait(self, timeout_s: float) -> bool:
        """Wait until the run has finished; returns False on timeout."""
        return self._is_finished.wait(timeout_s)

    def stop(self) -> None:
        """Stop the run and wait for its thread."""
        self._recorder.release_waiters()
        self._thread.join(REPLY_TIMEOUT_S)

    def _main(self) -> None:
        try:
            if self._case.publish_body is None:
                self._run_on_socket()
            else:
                self._run_over_http(self._case.publish_body)
        finally:
            for connection in self._connections:
                connection.close()
            self._is_finished.set()

    def _run_on_socket(self) -> None:
        case = self._case
        for _ in range(case.sibling_connections):
            sibling = self._connect(FrameRecorder())
            sibling.recorder.wait_for(lambda f: f.type == "auth_success", CONNECT_TIMEOUT_S)
        connection = self._connect(self._recorder)
        first = self._recorder.wait_for(lambda f: not f.is_sent, CONNECT_TIMEOUT_S)
        if first is None or first.kind is not FrameKind.OPEN:
            return
        if case.send:
            self._send(connection, case.send)
        answer = self._recorder.wait_for(
            lambda f: is_expected(f, case.expected) or f.kind is FrameKind.CLOSE, case.timeout_s
        )
        if answer is not None and keeps_connection_open(case.expected):
            self._check_still_open(connection)

    def _connect(self, recorder: FrameRecorder) -> RawConnection:
        connection = RawConnection(self._target.socket_url, recorder, self._case.origin)
        self._connections.append(connection)
        connection.open(self._token(self._case.actor))
        return connection

    def _send(self, connection: RawConnection, send: SendFrames) -> None:
        data = self._fill_placeholders(send.data)
        for number in range(1, send.times + 1):
            if send.await_replies:
                self._send_and_await_reply(connection, data, number)
            else:
                connection.send(data, send.opcode)

    def _send_and_await_reply(self, connection: RawConnection, data: bytes, number: int) -> None:
        """Send a request; repeat it while it is over the rate limit, which is not tested here."""
        data = data.replace(REPETITION_PLACEHOLDER, b"%d" % number)
        last_seq = 0
        for _ in range(int(REPLY_TIMEOUT_S / RATE_LIMIT_PAUSE_S)):
            connection.send(data)
            reply = self._recorder.wait_for(
                partial(_is_reply, f"t{number}", last_seq), REPLY_TIMEOUT_S
            )
            if reply is None or reply.error_code != ErrorCode.RATE_LIMITED:
                return
            last_seq = reply.seq
            if self._recorder.wait_for(lambda f: f.kind is FrameKind.CLOSE, RATE_LIMIT_PAUSE_S):
                return

    def _check_still_open(self, connection: RawConnection) -> None:
        """Ping until a pong arrives."""
        for _ in range(int(REPLY_TIMEOUT_S / LIVENESS_INTERVAL_S)):
            connection.send(LIVENESS_PING)
            if self._recorder.wait_for(
                lambda f: f.type == "pong" and f.id == LIVENESS_PING_ID, LIVENESS_INTERVAL_S
            ):
                return

    def _run_over_http(self, body: bytes) -> None:
        client = ApiClient(self._target.server_url, lambda: self._token(self._case.actor) or "")
        key = None
        if self._case.first_publish_body:
            key = secrets.token_hex(8)
            first_body = self._fill_placeholders(self._case.first_publish_body)
            publish_and_record(client, first_body, self._recorder, key)
        publish_and_record(client, self._fill_placeholders(body), self._recorder, key)

    def _fill_placeholders(self, data: bytes) -> bytes:
        token = self._token(self._case.token_of) or ""
        values = {TOKEN: token, ORDER: self._target.order_id, TENANT: self._target.tenant}
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
            tenants="*" if actor is Actor.SERVICE else None,
            lifetime_s=lifetimes.get(actor, 600.0),
        )


class ConformanceRunner:
    """Runs cases and keeps the latest run of each."""

    def __init__(self) -> None:
        self._runs: dict[str, CaseRun] = {}

    def start(self, case: ConformanceCase, target: ConformanceTarget) -> None:
        """Run a case, unless it is running already."""
        previous = self._runs.get(case.name)
        if previous is None or previous.result.status is not CaseStatus.RUNNING:
            self._runs[case.name] = CaseRun(case, target)

    def results(self) -> Mapping[str, CaseResult]:
        """Return the current results by case name."""
        return {name: run.result for name, run in self._runs.items()}

    def close(self) -> None:
        """Stop all runs."""
        for run in self._runs.values():
            run.stop()


def _is_reply(id: str, after_seq: int, frame: RecordedFrame) -> bool:
    return not frame.is_sent and frame.id == id and frame.seq > after_seq
