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
from server import frames
from server.exchange import Exchange, Shared
from server.identity import Identity
from server.incoming import FrameReader, Opcode
from server.limits import RateLimit, Verdict
from server.outbox import Outbox
from server.session import Session
from server.stores.base import Order

log = logging.getLogger(__name__)

PING_EVERY_S = 54.0  # these three are the document's
PEER_IS_DEAD_S = 59.0  # its 60 s, less the sweeper's turn and a half
CLOSE_WAIT_S = 10.0
TEXT = int(Opcode.TEXT)  # an enum's member takes longer to compare with
LOST = "1006"  # as browsers call a connection that ends without a goodbye
LINGER_S = 1.0  # for a close frame to arrive where no answer to it will be understood


class Connection(asyncio.Protocol):
    """A client that is connected, from the upgrade to its last frame.

    ``gone`` is told when the connection is lost, whoever ended it.
    """

    __slots__ = (
        "_closed_at",
        "_exchange",
        "_gone",
        "_last_heard",
        "_last_ping",
        "_reader",
        "_shared",
        "_transport",
        "_wait_s",
        "id",
        "look_at",
        "opened_at",
        "outbox",
    )

    def __init__(
        self,
        id: str,
        session: Session,
        limit: RateLimit,
        outbox: Outbox,
        transport: asyncio.Transport,
        shared: Shared,
        gone: Callable[[Connection], None],
    ) -> None:
        self.id = id
        self.outbox = outbox
        self._transport = transport
        self._shared = shared
        self._gone = gone
        self._reader: FrameReader | None = FrameReader(shared.message_bytes)
        self._closed_at: float | None = None
        self._wait_s = CLOSE_WAIT_S
        self.look_at = 0.0
        self.opened_at = self._last_heard = self._last_ping = shared.clock()
        self._exchange = Exchange(self, session, limit, shared)
        shared.hub.add(self)

    @property
    def identity(self) -> Identity | None:
        """Whom it speaks for, and as what."""
        return self._exchange.session.identity

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
        return self._exchange.messages_in

    @property
    def channels(self) -> Collection[Channel]:
        """What it hears."""
        return self._exchange.session.channels

    @property
    def last_heard_at(self) -> float:
        """When it last gave a sign of life, in seconds since the epoch."""
        return self._last_heard

    @property
    def is_open(self) -> bool:
        """Tell whether neither side has hung up."""
        return self._closed_at is None

    def begin(self, token: str | None) -> None:
        """Start the conversation, with the token of the address if it had one."""
        self._exchange.begin(token)

    def data_received(self, data: bytes) -> None:
        """Take what came from the client."""
        if self._reader is None:
            return
        self._last_heard = self._shared.clock()
        try:
            complete, broken = self._reader.feed(data)
            for opcode, payload in complete:
                if opcode == TEXT:
                    self._exchange.take(payload, self._last_heard)
                else:
                    self._hear(opcode, payload)
            if broken is not None:
                self._break_off(broken)
        except UnicodeDecodeError:
            self._break_off(CloseCode.INVALID_TEXT)
        except Exception:  # a fault of ours; the others go on
            log.exception("what %s sent could not be taken", self.id)
            self.hang_up(CloseCode.INTERNAL_ERROR)

    def connection_lost(self, _why: Exception | None) -> None:
        """Let go of a client that is gone."""
        if self._closed_at is None:
            self._shared.counters.closes[LOST] += 1
            self._exchange.leave()
            self._closed_at = self._shared.clock()
        self.outbox.end()
        self._gone(self)

    def hang_up(self, code: CloseCode) -> None:
        """Stop hearing anything and say goodbye, behind what is queued."""
        if self._closed_at is not None:
            return
        self._exchange.leave()
        self._closed_at = self._shared.clock()
        self.look_at = 0.0
        self._shared.counters.closes[str(int(code))] += 1
        if code is CloseCode.SLOW_CONSUMER:
            self._shared.counters.evictions += 1
            self.outbox.finish(frames.close(code))
            return
        self.outbox.push(frames.close(code))
        if code is CloseCode.FLOODING:
            self._wait_s = LINGER_S
            self._transport.pause_reading()  # or the flood would go on until the very end

    def say_goodbye(self) -> None:
        """Answer the client's goodbye and end the connection."""
        self.hang_up(CloseCode.NORMAL)
        self.outbox.end()
        self._transport.close()

    def pause(self) -> None:
        """Read nothing for a while."""
        self._transport.pause_reading()

    def read_on(self) -> None:
        """Read again, unless it is hung up on."""
        if self._closed_at is None:
            self._transport.resume_reading()

    def abort(self) -> None:
        """Drop a client that does not say goodbye."""
        self._transport.abort()

    def sweep(self, now: float) -> None:
        """Do what the passing of time asks for: deadlines, pings, peers that are gone.

        Has nothing to do before ``look_at``.
        """
        if self._closed_at is None:
            self._exchange.perform(self._exchange.session.pass_time(now))
        if self._closed_at is not None:
            self.look_at = self._closed_at + self._wait_s
            if now >= self.look_at:
                self._transport.abort()
            return
        if now >= self._last_heard + PEER_IS_DEAD_S:
            self._exchange.leave()
            self._transport.abort()
        elif now >= self._ping_at:
            self._last_ping = now
            self.outbox.push(frames.PING)
        times = (
            self._ping_at,
            self._last_heard + PEER_IS_DEAD_S,
            self._exchange.session.deadline,
        )
        self.look_at = min(time for time in times if time is not None)

    @property
    def _ping_at(self) -> float:
        return max(self._last_heard, self._last_ping) + PING_EVERY_S

    def check_outbox(self, now: float) -> None:
        """Hang up on a client that does not take what is sent to it."""
        if self._closed_at is None and self.outbox.is_too_slow(self._shared.outbox_bytes, now):
            log.info("evicted %s: %d bytes wait for it", self.id, self.outbox.waiting_bytes)
            self.hang_up(CloseCode.SLOW_CONSUMER)

    def order_changed(self, order: Order) -> None:
        """Stop hearing an order that is no longer this client's to hear."""
        self._exchange.perform(self._exchange.session.order_changed(order))

    def _hear(self, opcode: int, payload: bytes) -> None:
        match opcode:
            case Opcode.PING:
                if self._exchange.judge(self._last_heard) is Verdict.TAKE:
                    self.outbox.push(frames.pong(payload))
            case Opcode.CLOSE:
                self._exchange.end()
            case Opcode.BINARY:
                self._break_off(CloseCode.UNSUPPORTED_DATA)
            case _:  # a pong, or a piece of a message: no more of them than of messages
                self._exchange.judge(self._last_heard)

    def _break_off(self, code: CloseCode) -> None:
        """Hang up on what cannot be read on; what still comes is taken and not looked at."""
        self._reader = None
        self._wait_s = LINGER_S
        self.hang_up(code)
