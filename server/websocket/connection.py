"""One client's socket: the only module that touches one.

Takes what comes, hands messages to the exchange, and looks after the connection's life.
Everything that is written, replies, events and control frames alike, goes through the
outbox: one order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

from protocol.channels import Channel
from protocol.errors import CloseCode
from protocol.opcodes import Opcode
from server.auth.identity import Identity
from server.session.dispatcher import ConnectionContext, RequestDispatcher
from server.session.rate_limit import RateLimit, RateLimitVerdict
from server.session.session import Session
from server.stores.base import OrderOwnership
from server.websocket import frame_codec
from server.websocket.frame_codec import FrameDecoder
from server.websocket.send_queue import SendQueue

log = logging.getLogger(__name__)

PING_INTERVAL_S = 54.0  # these three are the document's
IDLE_TIMEOUT_S = 59.0  # its 60 s, less the sweeper's turn and a half
CLOSE_TIMEOUT_S = 10.0
TEXT_OPCODE = int(Opcode.TEXT)  # an enum's member takes longer to compare with
ABNORMAL_CLOSURE = "1006"  # as browsers call a connection that ends without a goodbye
LINGER_S = 1.0  # for a close frame to arrive where no answer to it will be understood


class ServerConnection(asyncio.Protocol):
    """A client that is connected, from the upgrade to its last frame.

    ``gone`` is told when the connection is lost, whoever ended it.
    """

    __slots__ = (
        "_close_timeout_s",
        "_closed_at",
        "_context",
        "_dispatcher",
        "_last_ping_at",
        "_last_received_at",
        "_on_closed",
        "_reader",
        "_transport",
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
        send_queue: SendQueue,
        transport: asyncio.Transport,
        context: ConnectionContext,
        on_closed: Callable[[ServerConnection], None],
    ) -> None:
        self.id = id
        self.send_queue = send_queue
        self._transport = transport
        self._context = context
        self._on_closed = on_closed
        self._reader: FrameDecoder | None = FrameDecoder(context.max_message_bytes)
        self._closed_at: float | None = None
        self._close_timeout_s = CLOSE_TIMEOUT_S
        self.next_check_at = 0.0
        self.opened_at = self._last_received_at = self._last_ping_at = context.clock()
        self._dispatcher = RequestDispatcher(self, session, rate_limit, context)
        context.hub.add(self)

    @property
    def identity(self) -> Identity | None:
        """Whom it speaks for, and as what."""
        return self._dispatcher.session.identity

    @property
    def tenant_id(self) -> str:
        """The tenant it is signed in to, or an empty string."""
        return self.identity.tenant_id if self.identity else ""

    @property
    def user_id(self) -> str | None:
        """Whom it speaks for."""
        return self.identity.user_id if self.identity else None

    @property
    def messages_in(self) -> int:
        """How many messages it has sent."""
        return self._dispatcher.messages_in

    @property
    def channels(self) -> Collection[Channel]:
        """What it hears."""
        return self._dispatcher.session.channels

    @property
    def last_received_at(self) -> float:
        """When it last gave a sign of life, in seconds since the epoch."""
        return self._last_received_at

    @property
    def is_open(self) -> bool:
        """Tell whether neither side has hung up."""
        return self._closed_at is None

    def start(self, token: str | None) -> None:
        """Start the conversation, with the token of the address if it had one."""
        self._dispatcher.start(token)

    def data_received(self, data: bytes) -> None:
        """Take what came from the client."""
        if self._reader is None:
            return
        self._last_received_at = self._context.clock()
        try:
            complete, violation = self._reader.feed(data)
            for opcode, payload in complete:
                if opcode == TEXT_OPCODE:
                    self._dispatcher.handle_message(payload, self._last_received_at)
                else:
                    self._on_control_frame(opcode, payload)
            if violation is not None:
                self._fail_connection(violation)
        except UnicodeDecodeError:
            self._fail_connection(CloseCode.INVALID_TEXT)
        except Exception:  # a fault of ours; the others go on
            log.exception("what %s sent could not be taken", self.id)
            self.close(CloseCode.INTERNAL_ERROR)

    def connection_lost(self, _why: Exception | None) -> None:
        """Let go of a client that is gone."""
        if self._closed_at is None:
            self._context.counters.closes[ABNORMAL_CLOSURE] += 1
            self._dispatcher.detach()
            self._closed_at = self._context.clock()
        self.send_queue.flush_and_close()
        self._on_closed(self)

    def close(self, code: CloseCode) -> None:
        """Stop hearing anything and say goodbye, behind what is queued."""
        if self._closed_at is not None:
            return
        self._dispatcher.detach()
        self._closed_at = self._context.clock()
        self.next_check_at = 0.0
        self._context.counters.closes[str(int(code))] += 1
        if code is CloseCode.SLOW_CONSUMER:
            self._context.counters.evictions += 1
            self.send_queue.replace_with(frame_codec.encode_close(code))
            return
        self.send_queue.push(frame_codec.encode_close(code))
        if code is CloseCode.FLOODING:
            self._close_timeout_s = LINGER_S
            self._transport.pause_reading()  # or the flood would go on until the very end

    def complete_close(self) -> None:
        """Answer the client's goodbye and end the connection."""
        self.close(CloseCode.NORMAL)
        self.send_queue.flush_and_close()
        self._transport.close()

    def pause_reading(self) -> None:
        """Read nothing for a while."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again, unless it is hung up on."""
        if self._closed_at is None:
            self._transport.resume_reading()

    def abort(self) -> None:
        """Drop a client that does not say goodbye."""
        self._transport.abort()

    def check_timeouts(self, now: float) -> None:
        """Do what the passing of time asks for: deadlines, pings, peers that are gone.

        Has nothing to do before ``next_check_at``.
        """
        if self._closed_at is None:
            self._dispatcher.apply(self._dispatcher.session.check_deadline(now))
        if self._closed_at is not None:
            self.next_check_at = self._closed_at + self._close_timeout_s
            if now >= self.next_check_at:
                self._transport.abort()
            return
        if now >= self._last_received_at + IDLE_TIMEOUT_S:
            self._dispatcher.detach()
            self._transport.abort()
        elif now >= self._next_ping_at:
            self._last_ping_at = now
            self.send_queue.push(frame_codec.PING_FRAME)
        times = (
            self._next_ping_at,
            self._last_received_at + IDLE_TIMEOUT_S,
            self._dispatcher.session.deadline,
        )
        self.next_check_at = min(time for time in times if time is not None)

    @property
    def _next_ping_at(self) -> float:
        return max(self._last_received_at, self._last_ping_at) + PING_INTERVAL_S

    def close_if_slow(self, now: float) -> None:
        """Hang up on a client that does not take what is sent to it."""
        if self._closed_at is None and self.send_queue.exceeds_limit(
            self._context.send_queue_bytes, now
        ):
            log.info("evicted %s: %d bytes wait for it", self.id, self.send_queue.queued_bytes)
            self.close(CloseCode.SLOW_CONSUMER)

    def on_order_owner_changed(self, ownership: OrderOwnership) -> None:
        """Stop hearing an order that is no longer this client's to hear."""
        self._dispatcher.apply(self._dispatcher.session.on_order_owner_changed(ownership))

    def _on_control_frame(self, opcode: int, payload: bytes) -> None:
        match opcode:
            case Opcode.PING:
                if (
                    self._dispatcher.check_rate_limit(self._last_received_at)
                    is RateLimitVerdict.ALLOW
                ):
                    self.send_queue.push(frame_codec.encode_pong(payload))
            case Opcode.CLOSE:
                self._dispatcher.handle_close()
            case Opcode.BINARY:
                self._fail_connection(CloseCode.UNSUPPORTED_DATA)
            case _:  # a pong, or a piece of a message: no more of them than of messages
                self._dispatcher.check_rate_limit(self._last_received_at)

    def _fail_connection(self, code: CloseCode) -> None:
        """Hang up on what cannot be read on; what still comes is taken and not looked at."""
        self._reader = None
        self._close_timeout_s = LINGER_S
        self.close(code)
