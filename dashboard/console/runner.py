"""Runs trials, each on a fresh connection and a thread of its own.  Knows no Streamlit."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from functools import partial

from msgspec import Raw, Struct

from client.tokens import mint
from dashboard.ask import Asker, Unanswered
from dashboard.console.frames import Frame, Kind, Opcode
from dashboard.console.record import Record
from dashboard.console.templates import ORDER, TENANT, TOKEN
from dashboard.console.trials import (
    ALIVE,
    Send,
    Trial,
    Verdict,
    Who,
    came,
    is_expected,
    judge,
    lives_on,
)
from dashboard.console.wire import Wire
from protocol import codec
from protocol.errors import ErrorCode

PING = b'{"type":"ping","id":"%s"}' % ALIVE.encode()
OPEN_S, REPLY_S = 5.0, 5.0
TRY_AGAIN_S = 0.2  # what is to be answered may itself be over the rate limit
BRIEF_S = 2.0
ELSEWHERE = "books"  # another shop


class Place(Struct, frozen=True):
    """Where trials are run; ``order_id`` is one of somebody's."""

    socket_url: str
    server_url: str
    secret: str
    tenant: str
    order_id: str = "ord_1"


class Result(Struct, frozen=True):
    """What became of a trial so far; ``answer`` is the frame that decided."""

    trial: Trial
    verdict: Verdict
    frames: tuple[Frame, ...]
    answer: Frame | None


class Run:
    """One trial, from its start."""

    def __init__(self, trial: Trial, place: Place) -> None:
        self._trial, self._place = trial, place
        self._user = f"trial_{secrets.token_hex(4)}"
        self._record = Record()
        self._wires: list[Wire] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._main, name="console-trial", daemon=True)
        self._thread.start()

    @property
    def result(self) -> Result:
        """Return what is known now."""
        is_over = self._is_over.is_set()  # before the frames, which then are all
        frames, expected = self._record.frames(), self._trial.expected
        verdict = judge(frames, expected) if is_over else Verdict.RUNNING
        return Result(self._trial, verdict, frames, came(frames, expected))

    def wait(self, seconds: float) -> bool:
        """Wait for its end; returns whether it came."""
        return self._is_over.wait(seconds)

    def stop(self) -> None:
        """Hang up, whatever it waits for."""
        self._record.abandon()
        self._thread.join(REPLY_S)

    def _main(self) -> None:
        try:
            if self._trial.post is None:
                self._on_a_socket()
            else:
                self._over_http(self._trial.post)
        finally:
            for wire in self._wires:
                wire.close()
            self._is_over.set()

    def _on_a_socket(self) -> None:
        trial = self._trial
        for _ in range(trial.crowd):
            neighbour = self._connect(Record())
            neighbour.record.wait_for(lambda f: f.type == "auth_success", OPEN_S)
        wire = self._connect(self._record)
        first = self._record.wait_for(lambda f: not f.sent, OPEN_S)
        if first is None or first.kind is not Kind.OPEN:
            return
        if trial.send:
            self._send(wire, trial.send)
        answer = self._record.wait_for(
            lambda f: is_expected(f, trial.expected) or f.kind is Kind.CLOSE, trial.patience_s
        )
        if answer is not None and lives_on(trial.expected):
            self._see_it_live_on(wire)

    def _connect(self, record: Record) -> Wire:
        wire = Wire(self._place.socket_url, record, self._trial.origin)
        self._wires.append(wire)
        wire.open(self._token(self._trial.who))
        return wire

    def _send(self, wire: Wire, send: Send) -> None:
        filled = self._filled(send.data)
        for number in range(1, send.times + 1):
            if send.answered:
                data = filled.replace(b"#", str(number).encode())
                self._ask(wire, data, send.opcode, f"t{number}")
            else:
                wire.send(filled, send.opcode)

    def _ask(self, wire: Wire, data: bytes, opcode: Opcode, id: str) -> None:
        """Send a request until it is answered by more than that it came too fast."""
        for _ in range(int(REPLY_S / TRY_AGAIN_S)):
            seq = self._record.frames()[-1].seq
            wire.send(data, opcode)
            reply = self._record.wait_for(partial(_is_reply, id, seq), REPLY_S)
            if reply is None or reply.error != ErrorCode.RATE_LIMITED:
                return
            self._record.wait_for(lambda _: False, TRY_AGAIN_S)

    def _see_it_live_on(self, wire: Wire) -> None:
        """Ping until it is answered by more than that it came too fast."""
        for _ in range(int(REPLY_S / TRY_AGAIN_S)):
            wire.send(PING)
            if self._record.wait_for(lambda f: f.type == "pong" and f.id == ALIVE, TRY_AGAIN_S):
                return

    def _over_http(self, body: bytes) -> None:
        asker = Asker(self._place.server_url, lambda: self._token(self._trial.who) or "")
        key = secrets.token_hex(8) if self._trial.after else None
        if self._trial.after:
            publish(asker, self._filled(self._trial.after), self._record, key)
        publish(asker, self._filled(body), self._record, key)

    def _filled(self, data: bytes) -> bytes:
        shown = self._token(self._trial.shows) or ""
        values = {TOKEN: shown, ORDER: self._place.order_id, TENANT: self._place.tenant}
        for name, value in values.items():
            data = data.replace(name.encode(), value.encode())
        return data

    def _token(self, who: Who) -> str | None:
        if who is Who.NOBODY:
            return None
        secret = self._place.secret if who is not Who.FORGED else secrets.token_hex(32)
        lifetimes = {Who.EXPIRED: -60.0, Who.BRIEF: BRIEF_S}
        roles = {Who.STRANGER: "admin", Who.SERVICE: "service"}
        return mint(
            secret,
            user_id=f"{self._user}_other" if who is Who.OTHER else self._user,
            tenant_id=ELSEWHERE if who is Who.STRANGER else self._place.tenant,
            role=roles.get(who, "customer"),
            lifetime_s=lifetimes.get(who, 600.0),
        )


class Runner:
    """A tab's trials; of each, the latest run."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}

    def start(self, trial: Trial, place: Place) -> None:
        """Run a trial, unless it is running already."""
        before = self._runs.get(trial.name)
        if before is None or before.result.verdict is not Verdict.RUNNING:
            self._runs[trial.name] = Run(trial, place)

    def results(self) -> Mapping[str, Result]:
        """Return what became of the trials so far, by name."""
        return {name: run.result for name, run in self._runs.items()}

    def close(self) -> None:
        """Stop all that still run."""
        for run in self._runs.values():
            run.stop()


def _is_reply(id: str, after: int, frame: Frame) -> bool:
    return not frame.sent and frame.id == id and frame.seq > after


def publish(asker: Asker, body: bytes, record: Record, key: str | None = None) -> None:
    """Publish over HTTP, under an Idempotency-Key if there is one, and note what came of it."""
    request = record.posted(body)
    try:
        answer = asker.post("/api/publish", Raw(body), {"Idempotency-Key": key} if key else {})
    except Unanswered as why:
        told = {"error": {"code": why.refusal.code, "message": why.refusal.message or str(why)}}
        record.answered(request, why.status or 0, codec.write(told))
    else:
        record.answered(request, 200, answer)
