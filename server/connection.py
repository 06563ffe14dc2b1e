"""One client's socket: the only module that touches one.

Takes what comes, lets the session decide, and carries its effects out.  Everything that is
written, replies, events and control frames alike, goes through the outbox: one order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from enum import Enum, auto
from typing import assert_never

from msgspec import UNSET, Struct

from protocol.channels import Channel
from protocol.codec import decode_client, numbered, stamped
from protocol.errors import CloseCode, ErrorCode, Refusal
from protocol.messages import Auth, ClientMessage, Credentials, Error, FromServer, Ping
from server import frames
from server.brokers.base import Broker, BrokerUnavailable
from server.counters import Counters
from server.effects import Effect, HangUp, Join, Leave, Publish, Replay, Reply, SignIn
from server.hub import Hub
from server.identity import Identity
from server.incoming import FrameReader, Opcode
from server.limits import RateLimit, Verdict
from server.nodes.places import Places
from server.outbox import Outbox
from server.session import Session
from server.stores.base import Order
from server.turns import Turns

log = logging.getLogger(__name__)

PING_EVERY_S = 54.0  # these three are the document's
PEER_IS_DEAD_S = 59.0  # its 60 s, less the sweeper's turn and a half
CLOSE_WAIT_S = 10.0
TEXT = int(Opcode.TEXT)  # an enum's member takes longer to compare with
LOST = "1006"  # as browsers call a connection that ends without a goodbye
LINGER_S = 1.0  # for a close frame to arrive where no answer to it will be understood


class Shared(Struct, frozen=True):
    """What all connections of a server have in common; ``clock`` is seconds since the epoch."""

    hub: Hub
    broker: Broker
    counters: Counters
    clock: Callable[[], float]
    message_bytes: int
    outbox_bytes: int
    places: Places


class Goodbye(Enum):
    """The client's last word; what it asked before is answered first."""

    GOODBYE = auto()


Request = ClientMessage | Refusal | Goodbye
"""What a client asks; a refusal stands for what could not be understood or was too much."""


class Connection(asyncio.Protocol):
    """A client that is connected, from the upgrade to its last frame.

    ``gone`` is told when the connection is lost, whoever ended it.
    """

    __slots__ = (
        "_closed_at",
        "_gone",
        "_has_place",
        "_last_heard",
        "_last_ping",
        "_limit",
        "_reader",
        "_session",
        "_shared",
        "_transport",
        "_turns",
        "_wait_s",
        "id",
        "look_at",
        "messages_in",
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
        self._session = session
        self._limit = limit
        self._transport = transport
        self._shared = shared
        self._gone = gone
        self._reader: FrameReader | None = FrameReader(shared.message_bytes)
        self._turns = Turns[Request](
            self._answer_at_once, self._answer, transport.pause_reading, self._read_on
        )
        self._closed_at: float | None = None
        self._has_place = False
        self._wait_s = CLOSE_WAIT_S
        self.look_at = 0.0
        self.messages_in = 0
        self.opened_at = self._last_heard = self._last_ping = shared.clock()
        shared.hub.add(self)

    @property
    def tenant_id(self) -> str:
        """The tenant it is signed in to, or an empty string."""
        return self._session.identity.tenant_id if self._session.identity else ""

    @property
    def user_id(self) -> str | None:
        """Whom it speaks for."""
        return self._session.identity.user_id if self._session.identity else None

    @property
    def identity(self) -> Identity | None:
        """Whom it speaks for, and as what."""
        return self._session.identity

    @property
    def channels(self) -> Collection[Channel]:
        """What it hears."""
        return self._session.channels

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
        if token:
            self._turns.take(Auth(Credentials(token)))

    def data_received(self, data: bytes) -> None:
        """Take what came from the client."""
        if self._reader is None:
            return
        self._last_heard = self._shared.clock()
        try:
            complete, broken = self._reader.feed(data)
            for opcode, payload in complete:
                if opcode == TEXT:
                    self._take(payload)
                else:
                    self._hear(opcode, payload)
            if broken is not None:
                self._break_off(broken)
        except Exception:  # a fault of ours; the others go on
            log.exception("what %s sent could not be taken", self.id)
            self.hang_up(CloseCode.INTERNAL_ERROR)

    def connection_lost(self, _why: Exception | None) -> None:
        """Let go of a client that is gone."""
        if self._closed_at is None:
            self._shared.counters.closes[LOST] += 1
            self._leave()
            self._closed_at = self._shared.clock()
        self.outbox.end()
        self._gone(self)

    def hang_up(self, code: CloseCode) -> None:
        """Stop hearing anything and say goodbye, behind what is queued."""
        if self._closed_at is not None:
            return
        self._leave()
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

    def abort(self) -> None:
        """Drop a client that does not say goodbye."""
        self._transport.abort()

    def sweep(self, now: float) -> None:
        """Do what the passing of time asks for: deadlines, pings, peers that are gone.

        Has nothing to do before ``look_at``.
        """
        if self._closed_at is None:
            self._perform(self._session.pass_time(now))
        if self._closed_at is not None:
            self.look_at = self._closed_at + self._wait_s
            if now >= self.look_at:
                self._transport.abort()
            return
        if now >= self._last_heard + PEER_IS_DEAD_S:
            self._leave()
            self._transport.abort()
        elif now >= self._ping_at:
            self._last_ping = now
            self.outbox.push(frames.PING)
        times = (self._ping_at, self._last_heard + PEER_IS_DEAD_S, self._session.deadline)
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
        self._perform(self._session.order_changed(order))

    def _hear(self, opcode: int, payload: bytes) -> None:
        match opcode:
            case Opcode.PING:
                if self._judge() is Verdict.TAKE:
                    self.outbox.push(frames.pong(payload))
            case Opcode.CLOSE:
                self._turns.take(Goodbye.GOODBYE)
            case Opcode.BINARY:
                self._break_off(CloseCode.UNSUPPORTED_DATA)
            case _:  # a pong, or a piece of a message: no more of them than of messages
                self._judge()

    def _take(self, text: bytes) -> None:
        if self._closed_at is not None:
            return
        counters = self._shared.counters
        counters.messages_in += 1
        self.messages_in += 1
        verdict = self._limit.judge(self._last_heard)
        if verdict is Verdict.HANG_UP:
            self.hang_up(CloseCode.FLOODING)
            return
        try:
            if not text.isascii():
                text.decode()
            message = decode_client(text)
            counters.received[type(message)] += 1
            if verdict is Verdict.REFUSE:
                raise Refusal(ErrorCode.RATE_LIMITED, "Too many messages", _id_of(message))
        except UnicodeDecodeError:
            self._break_off(CloseCode.INVALID_TEXT)
        except Refusal as refusal:
            self._turns.take(refusal)
        else:
            self._turns.take(message)

    def _break_off(self, code: CloseCode) -> None:
        """Hang up on what cannot be read on; what still comes is taken and not looked at."""
        self._reader = None
        self._wait_s = LINGER_S
        self.hang_up(code)

    def _read_on(self) -> None:
        if self._closed_at is None:
            self._transport.resume_reading()

    def _answer_at_once(self, request: Request) -> bool:
        """Answer what needs nobody else's answer, and tell whether that is so."""
        if isinstance(request, Ping):
            self._perform_one(self._session.pong(request))
        elif isinstance(request, Refusal):
            self._perform_one(Reply(Error.of(request)))
        elif request is Goodbye.GOODBYE:
            self.hang_up(CloseCode.NORMAL)
            self.outbox.end()
            self._transport.close()
        else:
            return False
        return True

    async def _answer(self, request: Request) -> None:
        """Answer a request that may take a while."""
        if isinstance(request, Refusal | Goodbye):
            raise TypeError(request)  # these are answered at once
        try:
            await self._carry_out(await self._session.receive(request))
        except Exception:  # a fault of ours; the others go on
            log.exception("the conversation with %s failed", self.id)
            self.hang_up(CloseCode.INTERNAL_ERROR)
        if isinstance(request, Auth):
            self.look_at = 0.0  # whatever came of it, the session's deadline is another

    def _judge(self) -> Verdict:
        verdict = self._limit.judge(self._last_heard)
        if verdict is Verdict.HANG_UP:
            self.hang_up(CloseCode.FLOODING)
        return verdict

    async def _carry_out(self, effects: list[Effect]) -> None:
        """Perform effects of which signing in and publishing may take a while."""
        for effect in effects:
            if isinstance(effect, SignIn):
                await self._sign_in(effect.identity.user_id)
            elif isinstance(effect, Publish):
                try:
                    await self._shared.broker.publish(effect.publications)
                except BrokerUnavailable:
                    log.warning("a chat message was kept but could not be delivered")
            else:
                self._perform_one(effect)

    def _perform(self, effects: Iterable[Effect]) -> None:
        """Perform effects that take no while."""
        for effect in effects:
            self._perform_one(effect)

    def _perform_one(self, effect: Effect) -> None:
        """Perform an effect at once; after hanging up, none is performed."""
        if self._closed_at is not None:
            return
        shared = self._shared
        if isinstance(effect, Reply):  # nearly all are, and a pattern takes as long as the rest
            self._reply(effect.message)
            return
        match effect:
            case Join(channel, recoverable):
                shared.hub.join(self, channel, recoverable=recoverable)
            case Replay(publication, recoverable):
                shared.counters.messages_out += 1
                shared.counters.replays[publication.type] += 1
                text = numbered(publication) if recoverable else publication.message
                self.outbox.push(frames.text(text))
            case Leave(channel):
                shared.hub.leave(self, channel)
            case HangUp(code):
                self.hang_up(code)
            case SignIn() | Publish():
                raise AssertionError("this takes a while: see _carry_out")
            case _:
                assert_never(effect)

    async def _sign_in(self, user_id: str) -> None:
        has_place = await self._shared.places.take(user_id)
        if not has_place:
            self.hang_up(CloseCode.TOO_MANY_CONNECTIONS)
        elif self._closed_at is not None:  # hung up on meanwhile
            self._shared.places.free(user_id)
        else:
            self._has_place = True

    def _reply(self, message: FromServer) -> None:
        shared = self._shared
        counters = shared.counters
        if isinstance(message, Error):
            counters.refusals[message.payload.code] += 1
        counters.messages_out += 1
        counters.replies[type(message)] += 1
        self.outbox.push(frames.text(stamped(message, shared.clock())))

    def _leave(self) -> None:
        self._shared.hub.remove(self, self._session.channels)
        self._session.channels.clear()
        if self._has_place and self.user_id is not None:
            self._has_place = False
            self._shared.places.free(self.user_id)


def _id_of(message: ClientMessage) -> str | None:
    return None if message.id is UNSET else message.id
