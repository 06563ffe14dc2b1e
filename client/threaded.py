"""ShopWebSocket, the threaded client for scripts and Streamlit.

One thread owns the socket.  Other threads queue messages under a lock and wake it, so messages
keep their order, a slow network blocks no caller, and closing is prompt.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import partial
from typing import Any, assert_never

from client.arrivals import Ended, SignOfLife, Text, UpgradeRefused, describe
from client.clock import steady
from client.effects import Effect
from client.endings import ABNORMAL
from client.errors import RequestTimedOut
from client.line import BROKEN, Line, Waker
from client.surface import CONNECT_TIMEOUT_S, Surface
from client.tap import Way

GOODBYE_S = 0.5
"""How long ``disconnect`` waits for queued frames and the closing handshake."""
BREAK_S = 0.3
"""How long it waits for the thread after aborting the connection."""

log = logging.getLogger(__name__)


class _Run:
    """The thread between a ``connect`` and the next ``disconnect``."""

    def __init__(self, lock: threading.Lock, main: Callable[[_Run], None]) -> None:
        self.changed = threading.Condition(lock)
        self.waker = Waker()
        self.line: Line | None = None
        self.is_stopping = self.has_ended = False
        self.thread = threading.Thread(
            target=main, args=(self,), name="shop-websocket", daemon=True
        )

    @property
    def is_current(self) -> bool:
        """Return whether the caller runs on this thread, that is in a handler."""
        return self.thread is threading.current_thread()


class ShopWebSocket(Surface):
    """A WebSocket client that reconnects; see ``client.surface.Surface``.

    Handlers run on the socket's thread, one at a time and without a lock: they may call
    ``send``, ``subscribe`` and ``disconnect``; a slow one delays all later messages.
    """

    _run: _Run | None = None

    def connect(self, timeout: float | None = None) -> None:
        """Start the client; idempotent.

        Returns immediately or, with a ``timeout`` in seconds, when messages can be sent.

        Raises:
            TimeoutError: not connected in time; the client keeps trying.
            SignInRefused: the connection is open, but the token was rejected.
            ConnectionLost: the server closed with a code that forbids reconnecting.
        """
        with self._lock:
            run, settled = self._run, list[Effect]()
            if run is None or run.is_stopping or run.has_ended:
                # Events of the previous thread are ignored: it is no longer `_run`.
                settled = self._session.stop(steady())
                self._session.start(steady())
                self._run = run = _Run(self._lock, self._main)
                run.thread.start()
        self._perform(settled)
        if timeout is not None:
            self._wait_until_ready(run, timeout)

    def disconnect(self) -> None:
        """Send queued messages and close the connection; idempotent.

        Returns when the thread has ended, in well under a second; in a handler, immediately.
        A DNS lookup or connect that hangs may outlive it; its result is ignored.
        """
        with self._lock:
            run = self._run
            if run is None:
                return
            run.is_stopping = True
        run.waker.wake()
        if run.is_current:
            return
        run.thread.join(GOODBYE_S)
        if run.thread.is_alive() and run.line is not None:
            run.line.abort()
            run.thread.join(BREAK_S)
        if not self._session.is_closed:
            self._report(run, self._session.stop)

    def request(
        self, type: str, payload: dict[str, Any] | None = None, timeout: float = 5.0
    ) -> dict[str, Any]:
        """Send a request and return the whole reply.

        Raises:
            RequestTimedOut: no reply within ``timeout`` seconds; a queued request is cancelled.
            Refused: the reply was an ``error``.
            ConnectionLost: the connection closed first, or there is none.
            QueueFull: the send queue is full.
        """
        run = self._run
        if run is not None and run.is_current:
            raise RuntimeError("request() in a handler would deadlock: use send()")
        waiter: Future[dict[str, Any]] = Future()
        with self._lock:
            id = self._session.request(type, payload)
            self._waiters[id] = waiter
        self._wake()
        try:
            return waiter.result(timeout)
        except FutureTimeout:
            with self._lock:
                self._session.abandon(id)
                self._waiters.pop(id, None)
            raise RequestTimedOut(f"no reply to {type} within {timeout} s") from None

    def _wake(self) -> None:
        run = self._run
        if run is not None and not run.is_current:
            run.waker.wake()

    def _wait_until_ready(self, run: _Run, timeout: float) -> None:
        if run.is_current:
            raise RuntimeError("connect(timeout=...) in a handler would deadlock")

        def has_settled() -> bool:
            session = self._session
            is_over = run.has_ended or run.is_stopping or self._run is not run
            return session.is_ready or session.rejection is not None or is_over

        with self._lock:
            if not run.changed.wait_for(has_settled, timeout):
                raise TimeoutError(f"not connected within {timeout} s")
            if not self._session.is_ready:
                raise self._why_not_ready()

    # On the socket's thread.

    def _main(self, run: _Run) -> None:
        try:
            while not run.is_stopping and not self._session.is_closed:
                self._connect_once(run)
                self._rest(run)
        finally:
            if not self._session.is_closed:
                self._report(run, self._session.stop)
            with self._lock:
                run.has_ended = True
                run.changed.notify_all()
            run.waker.close()

    def _connect_once(self, run: _Run) -> None:
        session = self._session
        self._report(run, session.connecting)
        try:
            ending = self._use_connection(run)
        except UpgradeRefused as why:
            self._report(run, partial(session.refused, why.status))
        except BROKEN as why:
            self._report(run, partial(session.closed, ABNORMAL, describe(why)))
        else:
            if ending is None:
                return  # stopping
            self._report(run, partial(session.closed, ending.code, ending.reason))
        self._log_ending()

    def _use_connection(self, run: _Run) -> Ended | None:
        token = self._fresh_token()
        if token is None and self._token is not None:
            return Ended(ABNORMAL, "no token")
        ending = None
        line = run.line = Line(run.waker)
        try:
            if not run.is_stopping:
                line.open(self._address(token), CONNECT_TIMEOUT_S)
                self._report(run, partial(self._opened, token))
                ending = self._converse(run, line)
        finally:
            line.close(goodbye=ending is None)
        return ending

    def _converse(self, run: _Run, line: Line) -> Ended | None:
        """Send and receive until the connection closes; None if the client is stopping."""
        log.info("Connected")
        while True:
            while not line.is_broken and (frame := self._next_frame(run)) is not None:
                self._show(Way.SENT, frame)
                line.send(frame)
            if run.is_stopping:
                return None
            arrival = line.receive(self._seconds_left())
            match arrival:
                case Text(data):
                    self._show(Way.RECEIVED, data)
                    self._report(run, partial(self._session.received, data))
                case SignOfLife():
                    self._report(run, self._session.heard)
                case Ended():
                    return arrival
                case None:
                    pass
                case _:
                    assert_never(arrival)
            reason = self._report(run, self._session.tick)
            if reason is not None:
                return Ended(ABNORMAL, reason)

    def _report(self, run: _Run, what: Callable[[float], Iterable[Effect] | None]) -> str | None:
        """Report an event to the core and perform its effects; see ``_perform``."""
        with self._lock:
            if self._run is not run:
                run.is_stopping = True
                return None
            effects = what(steady())
            run.changed.notify_all()
        return self._perform(effects or ())

    def _next_frame(self, run: _Run) -> bytes | None:
        with self._lock:
            return self._session.next_frame() if self._run is run else None

    def _seconds_left(self) -> float:
        with self._lock:
            due = self._session.due
        return 0.0 if due is None else due - steady()

    def _rest(self, run: _Run) -> None:
        while not run.is_stopping and (seconds := self._seconds_left()) > 0:
            run.waker.sleep(seconds)
