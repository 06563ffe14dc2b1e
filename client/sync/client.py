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

from client.base import CONNECT_TIMEOUT_S, BaseClient
from client.clock import monotonic_epoch
from client.errors import RequestTimedOut
from client.sans_io.connection_events import (
    ConnectionClosed,
    Direction,
    HandshakeRejected,
    PeerActivity,
    TextReceived,
    describe_error,
)
from client.sans_io.effects import ClientEffect
from client.sync.connection import CONNECTION_ERRORS, SyncConnection, Waker
from protocol.close_codes import ABNORMAL_CLOSURE

CLOSE_TIMEOUT_S = 0.5
"""How long ``disconnect`` waits for queued frames and the closing handshake."""
ABORT_TIMEOUT_S = 0.3
"""How long it waits for the thread after aborting the connection."""

log = logging.getLogger(__name__)


class _ConnectionThread:
    """The thread between a ``connect`` and the next ``disconnect``."""

    def __init__(self, lock: threading.Lock, target: Callable[[_ConnectionThread], None]) -> None:
        self.changed = threading.Condition(lock)
        self.waker = Waker()
        self.connection: SyncConnection | None = None
        self.is_stopping = self.has_ended = False
        self.thread = threading.Thread(
            target=target, args=(self,), name="shop-websocket", daemon=True
        )

    @property
    def is_current(self) -> bool:
        """Return whether the caller runs on this thread, that is in a handler."""
        return self.thread is threading.current_thread()


class ShopWebSocket(BaseClient):
    """A WebSocket client that reconnects; see ``client.base.BaseClient``.

    Handlers run on the socket's thread, one at a time and without a lock: they may call
    ``send``, ``subscribe`` and ``disconnect``; a slow one delays all later messages.
    """

    _connection_thread: _ConnectionThread | None = None

    def connect(self, timeout: float | None = None) -> None:
        """Start the client; idempotent.

        Returns immediately or, with a ``timeout`` in seconds, when messages can be sent.

        Raises:
            TimeoutError: not connected in time; the client keeps trying.
            AuthenticationFailed: the connection is open, but the token was rejected.
            ConnectionLost: the server closed with a code that forbids reconnecting.
        """
        with self._lock:
            thread, effects = self._connection_thread, list[ClientEffect]()
            if thread is None or thread.is_stopping or thread.has_ended:
                # Events of the previous thread are ignored: it is no longer the current one.
                effects = self._core.stop(monotonic_epoch())
                self._core.start(monotonic_epoch())
                self._connection_thread = thread = _ConnectionThread(self._lock, self._run)
                thread.thread.start()
        self._perform_effects(effects)
        if timeout is not None:
            self._wait_until_ready(thread, timeout)

    def disconnect(self) -> None:
        """Send queued messages and close the connection; idempotent.

        Returns when the thread has ended, in well under a second; in a handler, immediately.
        A DNS lookup or connect that hangs may outlive it; its result is ignored.
        """
        with self._lock:
            thread = self._connection_thread
            if thread is None:
                return
            thread.is_stopping = True
        thread.waker.wake()
        if thread.is_current:
            return
        thread.thread.join(CLOSE_TIMEOUT_S)
        if thread.thread.is_alive() and thread.connection is not None:
            thread.connection.abort()
            thread.thread.join(ABORT_TIMEOUT_S)
        if not self._core.is_closed:
            self._handle_event(thread, self._core.stop)

    def request(
        self, type: str, payload: dict[str, Any] | None = None, timeout: float = 5.0
    ) -> dict[str, Any]:
        """Send a request and return the whole reply.

        Raises:
            RequestTimedOut: no reply within ``timeout`` seconds; a queued request is cancelled.
            RequestRejected: the reply was an ``error``.
            ConnectionLost: the connection closed first, or there is none.
            QueueFull: the send queue is full.
        """
        thread = self._connection_thread
        if thread is not None and thread.is_current:
            raise RuntimeError("request() in a handler would deadlock: use send()")
        future: Future[dict[str, Any]] = Future()
        with self._lock:
            id = self._core.request(type, payload)
            self._reply_futures[id] = future
        self._wake_io()
        try:
            return future.result(timeout)
        except FutureTimeout:
            with self._lock:
                self._core.cancel_request(id)
                self._reply_futures.pop(id, None)
            raise RequestTimedOut(f"no reply to {type} within {timeout} s") from None

    def _wake_io(self) -> None:
        thread = self._connection_thread
        if thread is not None and not thread.is_current:
            thread.waker.wake()

    def _wait_until_ready(self, thread: _ConnectionThread, timeout: float) -> None:
        if thread.is_current:
            raise RuntimeError("connect(timeout=...) in a handler would deadlock")

        def has_settled() -> bool:
            core = self._core
            has_ended = (
                thread.has_ended or thread.is_stopping or self._connection_thread is not thread
            )
            return core.is_ready or core.auth_error is not None or has_ended

        with self._lock:
            if not thread.changed.wait_for(has_settled, timeout):
                raise TimeoutError(f"not connected within {timeout} s")
            if not self._core.is_ready:
                raise self._not_ready_error()

    # On the socket's thread.

    def _run(self, thread: _ConnectionThread) -> None:
        try:
            while not thread.is_stopping and not self._core.is_closed:
                self._connect_once(thread)
                self._wait_until_retry(thread)
        finally:
            if not self._core.is_closed:
                self._handle_event(thread, self._core.stop)
            with self._lock:
                thread.has_ended = True
                thread.changed.notify_all()
            thread.waker.close()

    def _connect_once(self, thread: _ConnectionThread) -> None:
        core = self._core
        self._handle_event(thread, core.on_connecting)
        try:
            closed = self._open_and_run(thread)
        except HandshakeRejected as error:
            self._handle_event(thread, partial(core.on_handshake_rejected, error.status))
        except CONNECTION_ERRORS as error:
            self._handle_event(
                thread, partial(core.on_close, ABNORMAL_CLOSURE, describe_error(error))
            )
        else:
            if closed is None:
                return  # stopping
            self._handle_event(thread, partial(core.on_close, closed.code, closed.reason))
        self._log_disconnect()

    def _open_and_run(self, thread: _ConnectionThread) -> ConnectionClosed | None:
        token = self._fresh_token()
        if token is None and self._token is not None:
            return ConnectionClosed(ABNORMAL_CLOSURE, "no token")
        closed = None
        connection = thread.connection = SyncConnection(thread.waker)
        try:
            if not thread.is_stopping:
                connection.open(self._connect_url(token), CONNECT_TIMEOUT_S)
                self._handle_event(thread, partial(self._on_open, token))
                closed = self._read_write_loop(thread, connection)
        finally:
            connection.close(handshake=closed is None)
        return closed

    def _read_write_loop(
        self, thread: _ConnectionThread, connection: SyncConnection
    ) -> ConnectionClosed | None:
        """Send and receive until the connection closes; None if the client is stopping."""
        log.info("Connected")
        while True:
            while not connection.is_broken and (frame := self._next_frame(thread)) is not None:
                self._report_frame(Direction.SENT, frame)
                connection.send(frame)
            if thread.is_stopping:
                return None
            event = connection.receive(self._seconds_until_tick())
            match event:
                case TextReceived(data):
                    self._report_frame(Direction.RECEIVED, data)
                    self._handle_event(thread, partial(self._core.on_text, data))
                case PeerActivity():
                    self._handle_event(thread, self._core.on_activity)
                case ConnectionClosed():
                    return event
                case None:
                    pass
                case _:
                    assert_never(event)
            reason = self._handle_event(thread, self._core.tick)
            if reason is not None:
                return ConnectionClosed(ABNORMAL_CLOSURE, reason)

    def _handle_event(
        self, thread: _ConnectionThread, event: Callable[[float], Iterable[ClientEffect] | None]
    ) -> str | None:
        """Report an event to the core and perform its effects; see ``_perform_effects``."""
        with self._lock:
            if self._connection_thread is not thread:
                thread.is_stopping = True
                return None
            effects = event(monotonic_epoch())
            thread.changed.notify_all()
        return self._perform_effects(effects or ())

    def _next_frame(self, thread: _ConnectionThread) -> bytes | None:
        with self._lock:
            return self._core.next_frame() if self._connection_thread is thread else None

    def _seconds_until_tick(self) -> float:
        with self._lock:
            due = self._core.next_tick_at
        return 0.0 if due is None else due - monotonic_epoch()

    def _wait_until_retry(self, thread: _ConnectionThread) -> None:
        while not thread.is_stopping and (seconds := self._seconds_until_tick()) > 0:
            thread.waker.sleep(seconds)
