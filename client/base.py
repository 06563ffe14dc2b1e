"""Base class of the threaded and the asyncio client: handlers, messages, subscriptions, status.

Subclasses own the socket; they implement waking its thread or task and waiting for a reply.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Protocol, assert_never

from client.clock import monotonic_epoch
from client.errors import AuthenticationFailed, ConnectionLost
from client.handlers import HandlerRegistry, MessageHandler, RawPayloadHandler
from client.sans_io.client import ClientOptions, SansIoClient
from client.sans_io.connection_events import Direction, FrameCallback
from client.sans_io.connection_state import ConnectionStatus
from client.sans_io.effects import (
    ClientEffect,
    DispatchMessage,
    DropConnection,
    RefreshToken,
    ResolveRequest,
)
from client.sans_io.send_queue import QUEUE_LIMIT
from client.sans_io.server_watchdog import PING_INTERVAL_S, SERVER_TIMEOUT_S
from client.sans_io.subscriptions import SubscriptionOptions
from client.url import with_token

CONNECT_TIMEOUT_S = 10.0
"""How long a server may take to accept a connection and to upgrade it."""
TokenSource = Callable[[], str]
"""Returns a fresh token; called on every connect and before the current one expires."""

log = logging.getLogger(__name__)


class ReplyFuture(Protocol):
    """Future of a reply; asyncio and concurrent.futures both provide it."""

    def done(self) -> bool:
        """Return whether it has a result or was cancelled."""

    def set_result(self, result: dict[str, Any], /) -> None:
        """Resolve it with the reply."""

    def set_exception(self, exception: Exception, /) -> None:
        """Fail it: there is no reply."""


class BaseClient(ABC):
    """The part of a client that is the same with threads and with asyncio.

    Args:
        url: where the server listens, such as ``ws://127.0.0.1:8080/ws``.
        token: source of tokens; None for an anonymous client.
        recoverable: whether the user's own channel is recovered; see ``subscribe``.
        queue_limit: messages queued while disconnected; one more raises ``QueueFull``.
        ping_interval_s, server_timeout_s: see ``client.sans_io.server_watchdog``.
        rng: random generator for jitter.
        on_frame: called with every frame, see ``client.sans_io.connection_events``;
            its exceptions are logged.
    """

    def __init__(
        self,
        url: str,
        token: TokenSource | None = None,
        *,
        recoverable: bool = False,
        queue_limit: int = QUEUE_LIMIT,
        ping_interval_s: float = PING_INTERVAL_S,
        server_timeout_s: float = SERVER_TIMEOUT_S,
        rng: Random | None = None,
        on_frame: FrameCallback | None = None,
    ) -> None:
        self._url, self._token, self._on_frame = url, token, on_frame
        self._core = SansIoClient(
            has_token=token is not None,
            options=ClientOptions(
                queue_limit=queue_limit,
                ping_interval_s=ping_interval_s,
                server_timeout_s=server_timeout_s,
            ),
            rng=rng or Random(),  # noqa: S311 - jitter is no secret
            now=monotonic_epoch(),
            recover_user_channel=recoverable,
        )
        self._lock = threading.Lock()
        self._handlers = HandlerRegistry()
        self._reply_futures: dict[str, ReplyFuture] = {}

    def send(self, type: str, payload: dict[str, Any] | None = None, id: str | None = None) -> None:
        """Send a message; it is queued while there is no connection.

        Delivery is at most once: a message sent just before the connection broke may be lost.

        Raises:
            QueueFull: the send queue is full; the message was not queued.
        """
        with self._lock:
            self._core.send(type, payload, id)
        self._wake_io()

    def subscribe(self, channel: str, *, last: bool = False, recoverable: bool = False) -> None:
        """Subscribe to a channel, across reconnects, until ``unsubscribe``.

        With ``last``, each subscription first delivers the newest message.  With
        ``recoverable``, messages missed while disconnected are delivered after a reconnect,
        and handlers are called once per message.  If some are no longer available, handlers
        of ``gap`` are called with ``{"channel": …}`` and should reload their state.

        A channel that the server refuses permanently is dropped; ``error`` handlers are called.
        """
        with self._lock:
            self._core.subscribe(channel, SubscriptionOptions(last=last, recoverable=recoverable))
        self._wake_io()

    def unsubscribe(self, channel: str) -> None:
        """Unsubscribe from a channel."""
        with self._lock:
            self._core.unsubscribe(channel)
        self._wake_io()

    def on(self, type: str, handler: MessageHandler) -> Callable[[], None]:
        """Call ``handler(payload)`` for messages of a type; returns a function that removes it.

        With ``'*'`` it is called with every whole message.  Numbers with a fraction are
        ``Decimal``.  Exceptions are logged and do not affect other handlers.
        """
        return self._handlers.on(type, handler)

    def on_raw(self, type: str, handler: RawPayloadHandler) -> Callable[[], None]:
        """Call ``handler(payload)`` with the payload's JSON, byte for byte as it was received.

        For a handler that decodes it itself, or keeps it.  There is no ``'*'``; otherwise as
        ``on``.
        """
        return self._handlers.on_raw(type, handler)

    def off(self, type: str, handler: MessageHandler | None = None) -> None:
        """Remove a handler, or all handlers of the type."""
        self._handlers.off(type, handler)

    @property
    def status(self) -> ConnectionStatus:
        """The current status of the connection."""
        with self._lock:
            return self._core.status(monotonic_epoch())

    def _report_frame(self, direction: Direction, frame: bytes) -> None:
        """Pass a frame to the callback, if there is one."""
        if self._on_frame is None:
            return
        try:
            self._on_frame(direction, frame)
        except Exception as error:  # noqa: BLE001 - its text may hold a secret
            log.warning("The frame callback raised %s", type(error).__name__)

    @abstractmethod
    def _wake_io(self) -> None:
        """Wake the thread or task that owns the socket, to send queued frames."""

    def _perform_effects(self, effects: Iterable[ClientEffect]) -> str | None:
        """Perform effects, without the lock; returns the reason to drop the connection, if any."""
        for effect in effects:
            match effect:
                case DispatchMessage(message, text):
                    self._handlers.dispatch(message, text)
                case ResolveRequest(id, outcome):
                    self._resolve_request(id, outcome)
                case RefreshToken():
                    token = self._fresh_token()
                    if token is not None:
                        with self._lock:
                            self._core.sign_in(token)
                case DropConnection(reason):
                    return reason
                case _:
                    assert_never(effect)
        return None

    def _not_ready_error(self) -> Exception:
        rejection = self._core.auth_error
        if rejection is not None:
            return AuthenticationFailed(rejection)
        return ConnectionLost(self._core.disconnect_reason)

    def _log_disconnect(self) -> None:
        status = self.status
        reason = f"{status.close_code or ''} {status.close_reason}".strip()
        if status.retry_at is None:
            log.warning("Disconnected, not reconnecting: %s", reason)
        else:
            # Once per outage.
            level = logging.INFO if status.attempt <= 1 else logging.DEBUG
            log.log(level, "Disconnected (%s), reconnecting", reason)

    def _resolve_request(self, id: str, outcome: dict[str, Any] | Exception) -> None:
        future = self._reply_futures.pop(id, None)
        if future is None or future.done():
            return
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def _connect_url(self, token: str | None) -> str:
        """Return the URL, without the token if that is sent in a message."""
        return self._url if self._core.recover_user_channel else with_token(self._url, token)

    def _on_open(self, token: str | None, now: float) -> None:
        """Report to the core that the connection is open."""
        self._core.on_open(now)
        if token is not None and self._core.recover_user_channel:
            self._core.sign_in(token)

    def _fresh_token(self) -> str | None:
        """Fetch a token; None if there is no source or it failed, which is logged."""
        if self._token is None:
            return None
        try:
            return self._token()
        except Exception as error:  # noqa: BLE001 - its text may hold a secret
            log.warning("The token source raised %s", type(error).__name__)
            return None
