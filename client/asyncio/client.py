"""AsyncShopWebSocket, the asyncio client: one task per connection, over aiohttp.

The task waits in ``receive``; a caller with something to send wakes it by rescheduling the
timeout of that wait.  A thousand clients need a thousand tasks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from typing import Any, assert_never

import aiohttp

from client.asyncio.connection import CONNECTION_ERRORS, AsyncConnection, InterruptibleWait
from client.base import CONNECT_TIMEOUT_S, BaseClient, TokenSource
from client.clock import monotonic_epoch
from client.errors import RequestTimedOut
from client.sans_io.connection_events import (
    ConnectionClosed,
    Direction,
    FrameCallback,
    HandshakeRejected,
    PeerActivity,
    TextReceived,
    describe_error,
)
from client.sans_io.effects import ClientEffect
from client.sans_io.send_queue import QUEUE_LIMIT
from client.sans_io.server_watchdog import PING_INTERVAL_S, SERVER_TIMEOUT_S
from protocol.close_codes import ABNORMAL_CLOSURE

CLOSE_TIMEOUT_S = 0.5
"""How long ``disconnect`` waits for queued frames and the closing handshake."""
log = logging.getLogger(__name__)


class AsyncShopWebSocket(BaseClient):
    """A WebSocket client that reconnects; see ``client.base.BaseClient``.

    Handlers are plain functions and run in the connection's task.  ``http`` may be shared; its
    connector's limit (100 by default) limits the number of connections.  Use it from one event
    loop; ``token`` must not block that loop.
    """

    def __init__(
        self,
        url: str,
        token: TokenSource | None = None,
        *,
        http: aiohttp.ClientSession,
        recoverable: bool = False,
        queue_limit: int = QUEUE_LIMIT,
        ping_interval_s: float = PING_INTERVAL_S,
        server_timeout_s: float = SERVER_TIMEOUT_S,
        rng: Random | None = None,
        on_frame: FrameCallback | None = None,
    ) -> None:
        super().__init__(
            url,
            token,
            recoverable=recoverable,
            queue_limit=queue_limit,
            ping_interval_s=ping_interval_s,
            server_timeout_s=server_timeout_s,
            rng=rng,
            on_frame=on_frame,
        )
        self._http = http
        self._task: asyncio.Task[None] | None = None
        self._io_wait = InterruptibleWait()
        self._connection: AsyncConnection | None = None
        self._is_stopping = False
        self._start_stop_lock = asyncio.Lock()  # first come, first served
        self._ready_or_failed = asyncio.Event()

    async def connect(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as in threaded
        """Start the client; idempotent.  A ``disconnect`` in progress is completed first.

        Returns immediately or, with a ``timeout`` in seconds, when messages can be sent.

        Raises:
            TimeoutError: not connected in time; the client keeps trying.
            AuthenticationFailed: the connection is open, but the token was rejected.
            ConnectionLost: the server closed with a code that forbids reconnecting.
        """
        async with self._start_stop_lock:
            if self._is_stopping:  # disconnect() was cancelled
                await self._end_task()
            if self._task is None or self._task.done():
                self._is_stopping = False
                self._ready_or_failed.clear()
                self._core.start(monotonic_epoch())
                self._task = asyncio.create_task(self._run(), name="shop-websocket")
        if timeout is not None:
            await asyncio.wait_for(self._ready_or_failed.wait(), timeout)
            if not self._core.is_ready:
                raise self._not_ready_error()

    async def disconnect(self) -> None:
        """Send queued messages and close the connection; idempotent."""
        async with self._start_stop_lock:
            self._is_stopping = True
            self._wake_io()
            await self._end_task()

    async def _end_task(self) -> None:
        """Wait until the task ends, and cancel it if that takes too long."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_TIMEOUT_S)
            self._task.cancel()
            await asyncio.wait({self._task})

    def drop(self) -> None:
        """Abort the connection, as a network failure does; the client then reconnects.

        Does nothing without a connection.
        """
        if self._connection is not None:
            self._connection.abort()

    async def request(
        self,
        type: str,
        payload: dict[str, Any] | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - as in threaded
    ) -> dict[str, Any]:
        """Send a request and return the whole reply.

        Raises:
            RequestTimedOut: no reply within ``timeout`` seconds; a queued request is cancelled.
            RequestRejected: the reply was an ``error``.
            ConnectionLost: the connection closed first, or there is none.
            QueueFull: the send queue is full.
        """
        id = self._core.request(type, payload)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._reply_futures[id] = future
        self._wake_io()
        try:
            return await asyncio.wait_for(future, timeout)
        except TimeoutError:
            raise RequestTimedOut(f"no reply to {type} within {timeout} s") from None
        finally:
            self._core.cancel_request(id)
            self._reply_futures.pop(id, None)

    def _wake_io(self) -> None:
        self._io_wait.wake()

    # In the connection's task.

    async def _run(self) -> None:
        try:
            while not self._is_stopping and not self._core.is_closed:
                await self._connect_once()
                await self._wait_until_retry()
        finally:
            if not self._core.is_closed:
                self._handle_event(self._core.stop)
            self._ready_or_failed.set()

    async def _connect_once(self) -> None:
        core = self._core
        self._handle_event(core.on_connecting)
        try:
            closed = await self._open_and_run()
        except HandshakeRejected as error:
            self._handle_event(partial(core.on_handshake_rejected, error.status))
        except CONNECTION_ERRORS as error:
            self._handle_event(partial(core.on_close, ABNORMAL_CLOSURE, describe_error(error)))
        else:
            if closed is None:
                return  # stopping
            self._handle_event(partial(core.on_close, closed.code, closed.reason))
        self._log_disconnect()

    async def _open_and_run(self) -> ConnectionClosed | None:
        token = self._fresh_token()
        if token is None and self._token is not None:
            return ConnectionClosed(ABNORMAL_CLOSURE, "no token")
        connection = await AsyncConnection.open(
            self._http, self._connect_url(token), CONNECT_TIMEOUT_S, self._io_wait
        )
        self._connection = connection
        try:
            self._handle_event(partial(self._on_open, token))
            return await self._read_write_loop(connection)
        finally:
            self._connection = None
            await connection.close()

    async def _read_write_loop(self, connection: AsyncConnection) -> ConnectionClosed | None:
        """Send and receive until the connection closes; None if the client is stopping."""
        log.info("Connected")
        while True:
            while not connection.is_broken and (frame := self._core.next_frame()) is not None:
                self._report_frame(Direction.SENT, frame)
                await connection.send(frame)
            if self._is_stopping:
                return None
            event = await connection.receive(self._seconds_until_tick())
            match event:
                case TextReceived(data):
                    self._report_frame(Direction.RECEIVED, data)
                    self._handle_event(partial(self._core.on_text, data))
                case PeerActivity():
                    self._handle_event(self._core.on_activity)
                case ConnectionClosed():
                    return event
                case None:
                    pass
                case _:
                    assert_never(event)
            reason = self._handle_event(self._core.tick)
            if reason is not None:
                return ConnectionClosed(ABNORMAL_CLOSURE, reason)

    def _handle_event(self, event: Callable[[float], Iterable[ClientEffect] | None]) -> str | None:
        """Report an event to the core and perform its effects; see ``_perform_effects``."""
        reason = self._perform_effects(event(monotonic_epoch()) or ())
        core = self._core
        if core.is_ready or core.auth_error is not None or core.is_closed:
            self._ready_or_failed.set()
        else:
            self._ready_or_failed.clear()
        return reason

    def _seconds_until_tick(self) -> float:
        due = self._core.next_tick_at
        return 0.0 if due is None else due - monotonic_epoch()

    async def _wait_until_retry(self) -> None:
        while not self._is_stopping and (seconds := self._seconds_until_tick()) > 0:
            await self._io_wait.wait(seconds, asyncio.get_running_loop().create_future())
