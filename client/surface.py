"""What both shells offer alike: handlers, messages, subscriptions and the status.

Knows neither threads nor event loops: a shell says how to wake what owns the socket and
what somebody waiting for a reply waits on.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Protocol, assert_never

from client.address import signed
from client.clock import steady
from client.effects import Effect, HangUp, Renew, Settle, Tell
from client.errors import ConnectionLost, SignInRefused
from client.handlers import Handler, Handlers
from client.heartbeat import DEAD_AFTER_S, PING_AFTER_S
from client.outgoing import QUEUE_LIMIT
from client.session import Limits, Session
from client.status import Status
from client.subscriptions import Wish
from client.tap import Tap, Way

CONNECT_TIMEOUT_S = 10.0
"""How long a server may take to accept a connection and to upgrade it."""
TokenSource = Callable[[], str]
"""Returns a fresh token; asked at every connect, and before one expires."""

log = logging.getLogger(__name__)


class Waiter(Protocol):
    """Somebody who waits for a reply: a future of either kind."""

    def done(self) -> bool:
        """Tell whether they have it, or have given up."""

    def set_result(self, result: dict[str, Any], /) -> None:
        """Give it to them."""

    def set_exception(self, exception: Exception, /) -> None:
        """Tell them that there is none."""


class Surface(ABC):
    """The part of a client that is the same with threads and with asyncio.

    Args:
        url: where the server listens, such as ``ws://127.0.0.1:8080/ws``.
        token: where tokens come from; None for a client that stays anonymous.
        recoverable: whether the user's own channel is; see ``subscribe``.
        queue_limit: messages that may wait for a connection, beyond which ``QueueFull``.
        ping_after_s, dead_after_s: see ``client.heartbeat``.
        draw: where jitter comes from.
        tap: somebody who looks on, see ``client.tap``; what it raises is logged.
    """

    def __init__(
        self,
        url: str,
        token: TokenSource | None = None,
        *,
        recoverable: bool = False,
        queue_limit: int = QUEUE_LIMIT,
        ping_after_s: float = PING_AFTER_S,
        dead_after_s: float = DEAD_AFTER_S,
        draw: Random | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._url, self._token, self._tap = url, token, tap
        self._session = Session(
            signs_in=token is not None,
            limits=Limits(queue=queue_limit, ping_after_s=ping_after_s, dead_after_s=dead_after_s),
            draw=draw or Random(),  # noqa: S311 - jitter is no secret
            now=steady(),
            recovers_own=recoverable,
        )
        self._lock = threading.Lock()
        self._handlers = Handlers()
        self._waiters: dict[str, Waiter] = {}

    def send(self, type: str, payload: dict[str, Any] | None = None, id: str | None = None) -> None:
        """Send a message now or, without a connection, as soon as there is one.

        Delivery is at most once: what left just before the connection broke may be lost.

        Raises:
            QueueFull: as many wait as may; this one was not taken.
        """
        with self._lock:
            self._session.send(type, payload, id)
        self._wake()

    def subscribe(self, channel: str, *, last: bool = False, recoverable: bool = False) -> None:
        """Hear the channel from now on, reconnects included, until ``unsubscribe``.

        With ``last``, each time it is joined its newest message comes first.  With
        ``recoverable`` nothing is missed while the connection is away, and handlers are
        called once for each message; where something was missed for good, handlers of
        ``gap`` are told (``{"channel": …}``), and load anew what they show.

        A channel refused for good is no longer wanted; handlers of ``error`` are told.
        """
        with self._lock:
            self._session.subscribe(channel, Wish(last=last, recoverable=recoverable))
        self._wake()

    def unsubscribe(self, channel: str) -> None:
        """Hear the channel no more."""
        with self._lock:
            self._session.unsubscribe(channel)
        self._wake()

    def on(self, type: str, handler: Handler) -> Callable[[], None]:
        """Have ``handler(payload)`` called for messages of a type; returns its removal.

        Under ``'*'`` it is called with every message, as a whole.  Numbers with a point are
        ``Decimal``.  What it raises is logged and kept from the others.
        """
        return self._handlers.on(type, handler)

    def off(self, type: str, handler: Handler | None = None) -> None:
        """Remove a handler, or all handlers of the type."""
        self._handlers.off(type, handler)

    @property
    def status(self) -> Status:
        """How the connection is at this moment."""
        with self._lock:
            return self._session.status(steady())

    def _show(self, way: Way, frame: bytes) -> None:
        """Let who looks on see a frame."""
        if self._tap is None:
            return
        try:
            self._tap(way, frame)
        except Exception as why:  # noqa: BLE001 - a foreign function; its text may hold a secret
            log.warning("A tap failed: it raised %s", type(why).__name__)

    @abstractmethod
    def _wake(self) -> None:
        """Have what owns the socket look for frames to send."""

    def _perform(self, effects: Iterable[Effect]) -> str | None:
        """Carry out effects, without the lock; returns why to hang up, if that is asked."""
        for effect in effects:
            match effect:
                case Tell(message):
                    self._handlers.call(message)
                case Settle(id, outcome):
                    self._settle(id, outcome)
                case Renew():
                    token = self._fresh_token()
                    if token is not None:
                        with self._lock:
                            self._session.sign_in(token)
                case HangUp(reason):
                    return reason
                case _:
                    assert_never(effect)
        return None

    def _why_not_ready(self) -> Exception:
        rejection = self._session.rejection
        if rejection is not None:
            return SignInRefused(rejection)
        return ConnectionLost(self._session.why_closed)

    def _log_ending(self) -> None:
        now = self.status
        how = f"{now.close_code or ''} {now.close_reason}".strip()
        if now.retry_at is None:
            log.warning("Disconnected for good: %s", how)
        else:
            # Once for an outage, however long it lasts.
            level = logging.INFO if now.attempt <= 1 else logging.DEBUG
            log.log(level, "Disconnected (%s); trying again", how)

    def _settle(self, id: str, outcome: dict[str, Any] | Exception) -> None:
        waiter = self._waiters.pop(id, None)
        if waiter is None or waiter.done():
            return
        if isinstance(outcome, Exception):
            waiter.set_exception(outcome)
        else:
            waiter.set_result(outcome)

    def _address(self, token: str | None) -> str:
        """Return where to connect; a token that travels in a message is not in it."""
        return self._url if self._session.recovers_own else signed(self._url, token)

    def _opened(self, token: str | None, now: float) -> None:
        """Tell the session that the connection is open."""
        self._session.opened(now)
        if token is not None and self._session.recovers_own:
            self._session.sign_in(token)

    def _fresh_token(self) -> str | None:
        """Ask for a token; None if there is no source, or it failed, which is logged."""
        if self._token is None:
            return None
        try:
            return self._token()
        except Exception as why:  # noqa: BLE001 - a foreign function; its text may hold a secret
            log.warning("No fresh token: its source raised %s", type(why).__name__)
            return None
