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

from client.aio_line import BROKEN, AioLine, Sleeper
from client.arrivals import Ended, SignOfLife, Text, UpgradeRefused, describe
from client.clock import steady
from client.effects import Effect
from client.endings import ABNORMAL
from client.errors import RequestTimedOut
from client.heartbeat import DEAD_AFTER_S, PING_AFTER_S
from client.outgoing import QUEUE_LIMIT
from client.surface import CONNECT_TIMEOUT_S, Surface, TokenSource
from client.tap import Tap, Way

GOODBYE_S = 0.5
"""How long ``disconnect`` waits for queued frames and the closing handshake."""
log = logging.getLogger(__name__)


class AsyncShopWebSocket(Surface):
    """A WebSocket client that reconnects; see ``client.surface.Surface``.

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
        ping_after_s: float = PING_AFTER_S,
        dead_after_s: float = DEAD_AFTER_S,
        draw: Random | None = None,
        tap: Tap | None = None,
    ) -> None:
        super().__init__(
            url,
            token,
            recoverable=recoverable,
            queue_limit=queue_limit,
            ping_after_s=ping_after_s,
            dead_after_s=dead_after_s,
            draw=draw,
            tap=tap,
        )
        self._http = http
        self._task: asyncio.Task[None] | None = None
        self._sleeper = Sleeper()
        self._line: AioLine | None = None
        self._is_stopping = False
        self._settled = asyncio.Event()

    async def connect(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as in threaded
        """Start the client; idempotent.

        Returns immediately or, with a ``timeout`` in seconds, when messages can be sent.

        Raises:
            TimeoutError: not connected in time; the client keeps trying.
            SignInRefused: the connection is open, but the token was rejected.
            ConnectionLost: the server closed with a code that forbids reconnecting.
        """
        if self._task is None or self._task.done():
            self._is_stopping = False
            self._settled.clear()
            self._session.start(steady())
            self._task = asyncio.create_task(self._main(), name="shop-websocket")
        if timeout is not None:
            await asyncio.wait_for(self._settled.wait(), timeout)
            if not self._session.is_ready:
                raise self._why_not_ready()

    async def disconnect(self) -> None:
        """Send queued messages and close the connection; idempotent."""
        task = self._task
        if task is None or task.done():
            return
        self._is_stopping = True
        self._wake()
        await asyncio.wait({task}, timeout=GOODBYE_S)
        task.cancel()
        await asyncio.wait({task})

    def drop(self) -> None:
        """Abort the connection, as a network failure does; the client then reconnects.

        Does nothing without a connection.
        """
        if self._line is not None:
            self._line.cut()

    async def request(
        self,
        type: str,
        payload: dict[str, Any] | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - as in threaded
    ) -> dict[str, Any]:
        """Send a request and return the whole reply.

        Raises:
            RequestTimedOut: no reply within ``timeout`` seconds; a queued request is cancelled.
            Refused: the reply was an ``error``.
            ConnectionLost: the connection closed first, or there is none.
            QueueFull: the send queue is full.
        """
        id = self._session.request(type, payload)
        waiter: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiters[id] = waiter
        self._wake()
        try:
            return await asyncio.wait_for(waiter, timeout)
        except TimeoutError:
            raise RequestTimedOut(f"no reply to {type} within {timeout} s") from None
        finally:
            self._session.abandon(id)
            self._waiters.pop(id, None)

    def _wake(self) -> None:
        self._sleeper.wake()

    # In the connection's task.

    async def _main(self) -> None:
        try:
            while not self._is_stopping and not self._session.is_closed:
                await self._connect_once()
                await self._rest()
        finally:
            if not self._session.is_closed:
                self._report(self._session.stop)
            self._settled.set()

    async def _connect_once(self) -> None:
        session = self._session
        self._report(session.connecting)
        try:
            ending = await self._use_connection()
        except UpgradeRefused as why:
            self._report(partial(session.refused, why.status))
        except BROKEN as why:
            self._report(partial(session.closed, ABNORMAL, describe(why)))
        else:
            if ending is None:
                return  # stopping
            self._report(partial(session.closed, ending.code, ending.reason))
        self._log_ending()

    async def _use_connection(self) -> Ended | None:
        token = self._fresh_token()
        if token is None and self._token is not None:
            return Ended(ABNORMAL, "no token")
        line = await AioLine.open(
            self._http, self._address(token), CONNECT_TIMEOUT_S, self._sleeper
        )
        self._line = line
        try:
            self._report(partial(self._opened, token))
            return await self._converse(line)
        finally:
            self._line = None
            await line.close()

    async def _converse(self, line: AioLine) -> Ended | None:
        """Send and receive until the connection closes; None if the client is stopping."""
        log.info("Connected")
        while True:
            while not line.is_broken and (frame := self._session.next_frame()) is not None:
                self._show(Way.SENT, frame)
                await line.send(frame)
            if self._is_stopping:
                return None
            arrival = await line.receive(self._seconds_left())
            match arrival:
                case Text(data):
                    self._show(Way.RECEIVED, data)
                    self._report(partial(self._session.received, data))
                case SignOfLife():
                    self._report(self._session.heard)
                case Ended():
                    return arrival
                case None:
                    pass
                case _:
                    assert_never(arrival)
            reason = self._report(self._session.tick)
            if reason is not None:
                return Ended(ABNORMAL, reason)

    def _report(self, what: Callable[[float], Iterable[Effect] | None]) -> str | None:
        """Report an event to the core and perform its effects; see ``_perform``."""
        reason = self._perform(what(steady()) or ())
        session = self._session
        if session.is_ready or session.rejection is not None or session.is_closed:
            self._settled.set()
        else:
            self._settled.clear()
        return reason

    def _seconds_left(self) -> float:
        due = self._session.due
        return 0.0 if due is None else due - steady()

    async def _rest(self) -> None:
        while not self._is_stopping and (seconds := self._seconds_left()) > 0:
            await self._sleeper.wait(seconds, asyncio.get_running_loop().create_future())
