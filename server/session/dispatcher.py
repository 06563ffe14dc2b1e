"""Handles one client's requests in order, and applies the effects of its session.

Knows the hub, and nothing of sockets or of decoding frames.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Protocol, assert_never

from msgspec import UNSET, Struct

from protocol.close_codes import CloseCode
from protocol.codec import decode_client, encode_with_offset, encode_with_timestamp
from protocol.errors import ErrorCode, RequestError
from protocol.messages import (
    Auth,
    AuthError,
    AuthPayload,
    ClientMessage,
    Error,
    Ping,
    ServerMessageBase,
    Subscribe,
    Unsubscribe,
)
from server.monitoring.connection_monitor import ConnectionMonitor
from server.monitoring.counters import Counters, TenantCounts
from server.pubsub.hub import Hub, Subscriber
from server.session.effects import (
    AddSubscription,
    CloseConnection,
    RemoveSubscription,
    Replay,
    SendReply,
    SessionEffect,
)
from server.session.rate_limit import RateLimit, RateLimitVerdict
from server.session.request_queue import RequestQueue
from server.session.session import Session
from server.websocket import frame_codec

log = logging.getLogger(__name__)


class ConnectionContext(Struct, frozen=True):
    """What all connections of a node share.

    ``clock`` is in seconds since the epoch, for what is shown to people and for tokens.
    ``monotonic`` is for limits and timeouts: nobody is closed if the wall clock is corrected.
    """

    hub: Hub
    counters: Counters
    connection_monitor: ConnectionMonitor
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    max_message_bytes: int


class ClientClosed(Enum):
    """The client's close frame; what it requested before is answered first."""

    CLIENT_CLOSED = auto()


ClientRequest = ClientMessage | RequestError | ClientClosed
"""A request of a client; an error stands for what was invalid or too much."""


class ConnectionHandle(Subscriber, Protocol):
    """A connection, as its dispatcher sees it."""

    next_check_at: float

    @property
    def is_open(self) -> bool:
        """Tell whether neither side has closed it."""
        ...

    def close(self, code: CloseCode) -> None:
        """Close the connection with a code, sent behind what is queued."""

    def complete_close(self) -> None:
        """Answer the client's close frame and close the transport."""

    def pause_reading(self) -> None:
        """Stop reading for a while."""

    def resume_reading(self) -> None:
        """Read again."""


class RequestDispatcher:
    """Handles the requests of one connection."""

    __slots__ = (
        "_connection",
        "_context",
        "_queue",
        "_rate_limit",
        "_tenant_counts",
        "messages_in",
        "session",
    )

    def __init__(
        self,
        connection: ConnectionHandle,
        session: Session,
        rate_limit: RateLimit,
        context: ConnectionContext,
    ) -> None:
        self.session = session
        self._connection = connection
        self._rate_limit = rate_limit
        self._context = context
        self._tenant_counts = TenantCounts()  # of a client that has not signed in, for nobody
        self._queue: RequestQueue[ClientRequest] = RequestQueue(
            self._handle_sync,
            self._handle_async,
            connection.pause_reading,
            connection.resume_reading,
        )
        self.messages_in = 0

    def start(self, token: str | None) -> None:
        """Start, with the token of the URL if it had one."""
        if token:
            self._queue.submit(Auth(AuthPayload(token)))

    def handle_message(self, text: bytes, now: float) -> None:
        """Handle a message now, or after those before it.

        Raises:
            UnicodeDecodeError: it is not valid UTF-8.
        """
        if not self._connection.is_open:
            return
        counters = self._context.counters
        counters.messages_in += 1
        self.messages_in += 1
        self._tenant_counts.messages_in += 1
        verdict = self.check_rate_limit(now)
        if verdict is RateLimitVerdict.DISCONNECT:
            return
        try:
            if not text.isascii():
                text.decode()
            message = decode_client(text)
            counters.received[type(message)] += 1
            if verdict is RateLimitVerdict.REJECT:
                raise RequestError(ErrorCode.RATE_LIMITED, "Too many messages", _id_of(message))
        except RequestError as error:
            self._queue.submit(error)
        else:
            self._queue.submit(message)

    def check_rate_limit(self, now: float) -> RateLimitVerdict:
        """Count something received at ``now``; closes the connection if it floods."""
        verdict = self._rate_limit.check(now)
        if verdict is RateLimitVerdict.DISCONNECT:
            self._connection.close(CloseCode.FLOODING)
        return verdict

    def handle_close(self) -> None:
        """Handle the client's close frame, after its requests so far."""
        self._queue.submit(ClientClosed.CLIENT_CLOSED)

    def _handle_sync(self, request: ClientRequest) -> bool:
        """Handle a request that needs no input or output; return False for any other."""
        if isinstance(request, Ping):
            self._apply_one(self.session.reply_to_ping(request))
        elif isinstance(request, RequestError):
            self._apply_one(SendReply(Error.from_request_error(request)))
        elif request is ClientClosed.CLIENT_CLOSED:
            self._connection.complete_close()
        else:
            return False
        return True

    async def _handle_async(self, request: ClientRequest) -> None:
        """Handle a request that may need input or output, unless the connection is closed."""
        if isinstance(request, RequestError | ClientClosed):
            raise TypeError(request)  # these are handled synchronously
        if not self._connection.is_open:
            return
        was_signed_in = self.session.identity is not None
        try:
            now = self._context.monotonic()
            effects = await self.session.receive(request, now)
            self.apply(effects, _channel_of(request))
        except Exception:  # a bug, which must not take other connections down
            log.exception("unhandled error in connection %s", self._connection.id)
            self._connection.close(CloseCode.INTERNAL_ERROR)
        identity = self.session.identity
        if identity is not None and not was_signed_in and self._connection.is_open:
            self._tenant_counts = self._context.counters.of_tenant(identity.tenant_id)
            self._context.connection_monitor.on_signed_in(self._connection.id, identity)
        if isinstance(request, Auth | Unsubscribe):
            self._connection.next_check_at = 0.0  # the session has another deadline now

    def apply(self, effects: Iterable[SessionEffect], requested: str = "") -> None:
        """Apply effects, in their order; ``requested`` is the channel of the request, if any."""
        for effect in effects:
            self._apply_one(effect, requested)

    def _apply_one(self, effect: SessionEffect, requested: str = "") -> None:
        """Apply an effect, unless the connection is closing."""
        if not self._connection.is_open:
            return
        shared = self._context
        if isinstance(effect, SendReply):  # nearly all are, and matching takes as long as the rest
            self._send_reply(effect.message, requested)
            return
        match effect:
            case AddSubscription(channel, recoverable):
                shared.hub.subscribe(self._connection, channel, recoverable=recoverable)
            case Replay(publication, recoverable):
                shared.counters.messages_out += 1
                self._tenant_counts.messages_out += 1
                shared.counters.replays[publication.type] += 1
                text = encode_with_offset(publication) if recoverable else publication.message
                self._connection.send(frame_codec.encode_text(text))
            case RemoveSubscription(channel):
                shared.hub.unsubscribe(self._connection, channel)
            case CloseConnection(code):
                self._connection.close(code)
            case _:
                assert_never(effect)

    def _send_reply(self, message: ServerMessageBase, requested: str) -> None:
        shared = self._context
        counters = shared.counters
        if isinstance(message, Error):
            code = message.payload.code
            counters.refusals[code] += 1
            self._tenant_counts.refusals[code] += 1
            shared.connection_monitor.on_refused(self.session.identity, code, requested)
        elif isinstance(message, AuthError):
            counters.auth_failures["websocket"] += 1
        counters.messages_out += 1
        self._tenant_counts.messages_out += 1
        counters.replies[type(message)] += 1
        self._connection.send(
            frame_codec.encode_text(encode_with_timestamp(message, shared.clock()))
        )

    def detach(self) -> None:
        """Remove the connection's subscriptions, and free its slot."""
        self._context.hub.remove(self._connection, self.session.channels)
        self.session.channels.clear()
        self.session.end()


def _channel_of(request: ClientRequest) -> str:
    return request.payload.channel if isinstance(request, Subscribe | Unsubscribe) else ""


def _id_of(message: ClientMessage) -> str | None:
    return None if message.id is UNSET else message.id
