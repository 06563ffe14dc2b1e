"""One client's connection: what comes from its socket, and how it ends.

Decodes frames, hands messages to the dispatcher, and watches keep-alive and timeouts.
Everything that is written, replies, events and control frames alike, goes through the
connection's send queue, which keeps it in one order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

from protocol.channels import Channel
from protocol.close_codes import ABNORMAL_CLOSURE, CloseCode
from protocol.opcodes import Opcode
from server.auth.identity import Identity
from server.session.dispatcher import ConnectionContext, RequestDispatcher
from server.session.rate_limit import RateLimit, RateLimitVerdict
from server.session.session import Session
from server.stores.base import OrderOwnership
from server.websocket import frame_codec
from server.websocket.batch_writer import BatchWriter
from server.websocket.frame_codec import FrameDecoder
from server.websocket.keepalive import Keepalive
from server.websocket.send_queue import DirectSocket

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 10.0  # for the client to answer a close frame: see docs/server.md
TEXT_OPCODE = int(Opcode.TEXT)  # an enum member is slower to compare with
LINGER_S = 1.0  # for a close frame to arrive where its answer would not be understood


class ServerConnection(asyncio.Protocol):
    """A client's connection, from the handshake to its last frame.

    ``on_closed`` is called when the connection is lost, whichever side closed it.
    """

    __slots__ = (
        "_client_close",
        "_close_timeout_s",
        "_closed_at",
        "_context",
        "_dispatcher",
        "_keepalive",
        "_on_closed",
        "_reader",
        "_transport",
        "_writer",
        "id",
        "next_check_at",
        "opened_at",
        "send_queue",
    )

    def __init__(
        self,
        id: str,
        session: Session,
        rate_limit: RateLimit,
        transport: asyncio.Transport,
        socket: DirectSocket,
        writer: BatchWriter,
        context: ConnectionContext,
        on_closed: Callable[[ServerConnection], None],
    ) -> None:
        self.id = id
        self.send_queue = writer.open_queue(transport, socket, self)
        self._writer = writer
        self._transport = transport
        self._context = context
        self._on_closed = on_closed
        self._reader: FrameDecoder | None = FrameDecoder(context.max_message_bytes)
        self._closed_at: float | None = None
        self._close_timeout_s = CLOSE_TIMEOUT_S
        self.next_check_at = 0.0
        self.opened_at = context.clock()
        self._client_close = b""
        self._keepalive = Keepalive(context.monotonic())
        self._dispatcher = RequestDispatcher(self, session, rate_limit, context)
        context.hub.add(self)
        context.connection_monitor.on_opened()

    @property
    def identity(self) -> Identity | None:
        """The identity it has signed in with."""
        return self._dispatcher.session.identity

    @property
    def tenant_id(self) -> str:
        """The tenant it is signed in to, or an empty string."""
        return self.identity.tenant_id if self.identity else ""

    @property
    def is_staff(self) -> bool:
        """Whether it is signed in as an agent or an admin."""
        return self.identity is not None and self.identity.is_staff

    @property
    def user_id(self) -> str | None:
        """The user it has signed in as."""
        return self.identity.user_id if self.identity else None

    @property
    def messages_in(self) -> int:
        """How many messages the client has sent."""
        return self._dispatcher.messages_in

    @property
    def channels(self) -> Collection[Channel]:
        """The channels it is subscribed to."""
        return self._dispatcher.session.channels

    @property
    def last_received_at(self) -> float:
        """When the client last sent anything, in seconds since the epoch."""
        silent_s = self._context.monotonic() - self._keepalive.last_received_at
        return self._context.clock() - silent_s

    @property
    def is_open(self) -> bool:
        """Tell whether neither side has closed it."""
        return self._closed_at is None

    def start(self, token: str | None) -> None:
        """Start the session, with the token of the URL if it had one."""
        self._dispatcher.start(token)

    def send(self, frame: bytes) -> None:
        """Queue a frame behind what is queued."""
        self._writer.push(self.send_queue, frame)

    def data_received(self, data: bytes) -> None:
        """Decode and handle bytes from the client."""
        if self._reader is None:
            return
        now = self._keepalive.last_received_at = self._context.monotonic()
        try:
            complete, violation = self._reader.feed(data)
            for opcode, payload in complete:
                if opcode == TEXT_OPCODE:
                    self._dispatcher.handle_message(payload, now)
                else:
                    self._on_control_frame(opcode, payload, now)
            if violation is not None:
                self._fail_connection(violation)
        except UnicodeDecodeError:
            self._fail_connection(CloseCode.INVALID_TEXT)
        except Exception:  # a bug, which must not take other connections down
            log.exception("error handling data from %s", self.id)
            self.close(CloseCode.INTERNAL_ERROR)

    def connection_lost(self, _why: Exception | None) -> None:
        """Release what belongs to a connection that is lost."""
        if self._closed_at is None:
            self._on_lost()
        self._writer.close_queue(self.send_queue)
        self._on_closed(self)

    def close(self, code: CloseCode) -> None:
        """Close the connection with a code, sent behind what is queued."""
        self._close(code, frame_codec.encode_close(code))

    def _close(self, code: CloseCode, frame: bytes) -> None:
        if self._closed_at is not None:
            return
        self._dispatcher.detach()
        self._closed_at = self._context.monotonic()
        self.next_check_at = 0.0
        self._context.counters.closes[str(int(code))] += 1
        self._context.connection_monitor.on_closed(
            self.id, self.identity, code, self.send_queue.queued_bytes
        )
        if code is CloseCode.SLOW_CONSUMER:
            self._context.counters.evictions += 1
            self._writer.replace_with(self.send_queue, frame)
            return
        self.send(frame)
        if code is CloseCode.FLOODING:
            self._close_timeout_s = LINGER_S
            self._transport.pause_reading()  # or the flood would continue until the timeout

    def complete_close(self) -> None:
        """Answer the client's close frame and close the transport."""
        self._close(CloseCode.NORMAL, frame_codec.encode_close_reply(self._client_close))
        self._writer.close_queue(self.send_queue)
        self._transport.close()

    def pause_reading(self) -> None:
        """Stop reading for a while: backpressure on the client."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again, unless the connection is closing."""
        if self._closed_at is None:
            self._transport.resume_reading()

    def abort(self) -> None:
        """Drop the connection without a close frame."""
        self._transport.abort()

    def check_timeouts(self, now: float) -> None:
        """Close what is overdue, and ping a client that is silent.

        Does nothing before ``next_check_at``.
        """
        if self._closed_at is None:
            session, wall_time = self._dispatcher.session, self._context.clock()
            self._dispatcher.apply(session.check_deadline(now, wall_time))
        if self._closed_at is not None:
            self.next_check_at = self._closed_at + self._close_timeout_s
            if now >= self.next_check_at:
                self._transport.abort()
            return
        keepalive = self._keepalive
        if now >= keepalive.idle_at:
            self._on_lost(is_unresponsive=True)
            self._transport.abort()
        elif now >= keepalive.ping_at:
            keepalive.record_ping(now)
            self.send(frame_codec.PING_FRAME)
        deadline = session.next_deadline(now, wall_time)
        times = (keepalive.ping_at, keepalive.idle_at, deadline)
        self.next_check_at = min(time for time in times if time is not None)

    def close_slow_consumer(self) -> None:
        """Close with 4100: the client does not take what is sent to it."""
        if self._closed_at is None:
            log.info(
                "closing slow consumer %s (%d bytes queued)", self.id, self.send_queue.queued_bytes
            )
            self.close(CloseCode.SLOW_CONSUMER)

    def on_order_owner_changed(self, ownership: OrderOwnership) -> None:
        """Unsubscribe from an order that this client may no longer see."""
        self._dispatcher.apply(self._dispatcher.session.on_order_owner_changed(ownership))

    def _on_lost(self, *, is_unresponsive: bool = False) -> None:
        """Count the end of the connection, which has no close frame."""
        self._dispatcher.detach()
        self._closed_at = self._context.monotonic()
        self._context.counters.closes[str(ABNORMAL_CLOSURE)] += 1
        self._context.connection_monitor.on_lost(
            self.id,
            self.identity,
            self.send_queue.queued_bytes,
            is_unresponsive=is_unresponsive,
        )

    def _on_control_frame(self, opcode: int, payload: bytes, now: float) -> None:
        match opcode:
            case Opcode.PING:
                if self._dispatcher.check_rate_limit(now) is RateLimitVerdict.ALLOW:
                    self.send(frame_codec.encode_pong(payload))
            case Opcode.CLOSE:
                if (violation := frame_codec.check_close(payload)) is not None:
                    self._fail_connection(violation)
                    return
                self._client_close = payload
                self._dispatcher.handle_close()
            case Opcode.BINARY:
                self._fail_connection(CloseCode.UNSUPPORTED_DATA)
            case _:  # a pong, or a fragment of a message: limited like messages
                self._dispatcher.check_rate_limit(now)

    def _fail_connection(self, code: CloseCode) -> None:
        """Close after a protocol violation; what still comes is read and ignored."""
        self._reader = None
        self._close_timeout_s = LINGER_S
        self.close(code)
