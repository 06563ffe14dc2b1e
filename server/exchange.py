"""What one client asks, answered: its requests in turn, and their effects carried out.

Knows who hears what and how messages travel, and nothing of sockets or frames that come in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Protocol, assert_never

from msgspec import UNSET, Struct

from protocol.codec import decode_client, numbered, stamped
from protocol.errors import CloseCode, ErrorCode, Refusal
from protocol.messages import Auth, ClientMessage, Credentials, Error, FromServer, Ping
from server import frames
from server.brokers.base import Broker, BrokerUnavailable
from server.counters import Counters
from server.effects import Effect, HangUp, Join, Leave, Publish, Replay, Reply, SignIn
from server.hub import Hub, Listener
from server.limits import RateLimit, Verdict
from server.nodes.places import Places
from server.session import Session
from server.turns import Turns

log = logging.getLogger(__name__)


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


class Line(Listener, Protocol):
    """What an exchange asks of its connection."""

    look_at: float

    @property
    def is_open(self) -> bool:
        """Tell whether neither side has hung up."""
        ...

    def hang_up(self, code: CloseCode) -> None:
        """Say goodbye, behind what is queued."""

    def say_goodbye(self) -> None:
        """Answer the client's goodbye and end the connection."""

    def pause(self) -> None:
        """Read nothing for a while."""

    def read_on(self) -> None:
        """Read again."""


class Exchange:
    """One client's requests, from the first to the last."""

    __slots__ = ("_has_place", "_limit", "_line", "_shared", "_turns", "messages_in", "session")

    def __init__(self, line: Line, session: Session, limit: RateLimit, shared: Shared) -> None:
        self.session = session
        self._line = line
        self._limit = limit
        self._shared = shared
        self._turns: Turns[Request] = Turns(
            self._answer_at_once, self._answer, line.pause, line.read_on
        )
        self._has_place = False
        self.messages_in = 0

    def begin(self, token: str | None) -> None:
        """Start, with the token of the address if it had one."""
        if token:
            self._turns.take(Auth(Credentials(token)))

    def take(self, text: bytes, now: float) -> None:
        """Answer a message now, or when its turn comes.

        Raises:
            UnicodeDecodeError: it is no text.
        """
        if not self._line.is_open:
            return
        counters = self._shared.counters
        counters.messages_in += 1
        self.messages_in += 1
        verdict = self.judge(now)
        if verdict is Verdict.HANG_UP:
            return
        try:
            if not text.isascii():
                text.decode()
            message = decode_client(text)
            counters.received[type(message)] += 1
            if verdict is Verdict.REFUSE:
                raise Refusal(ErrorCode.RATE_LIMITED, "Too many messages", _id_of(message))
        except Refusal as refusal:
            self._turns.take(refusal)
        else:
            self._turns.take(message)

    def judge(self, now: float) -> Verdict:
        """Count something that came, at ``now``, and hang up on who does not stop."""
        verdict = self._limit.judge(now)
        if verdict is Verdict.HANG_UP:
            self._line.hang_up(CloseCode.FLOODING)
        return verdict

    def end(self) -> None:
        """Take the client's goodbye, once all it asked before is answered."""
        self._turns.take(Goodbye.GOODBYE)

    def _answer_at_once(self, request: Request) -> bool:
        """Answer what needs nobody else's answer, and tell whether that is so."""
        if isinstance(request, Ping):
            self._perform_one(self.session.pong(request))
        elif isinstance(request, Refusal):
            self._perform_one(Reply(Error.of(request)))
        elif request is Goodbye.GOODBYE:
            self._line.say_goodbye()
        else:
            return False
        return True

    async def _answer(self, request: Request) -> None:
        """Answer a request that may take a while."""
        if isinstance(request, Refusal | Goodbye):
            raise TypeError(request)  # these are answered at once
        try:
            await self._carry_out(await self.session.receive(request))
        except Exception:  # a fault of ours; the others go on
            log.exception("the conversation with %s failed", self._line.id)
            self._line.hang_up(CloseCode.INTERNAL_ERROR)
        if isinstance(request, Auth):
            self._line.look_at = 0.0  # whatever came of it, the session's deadline is another

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

    def perform(self, effects: Iterable[Effect]) -> None:
        """Perform effects that take no while."""
        for effect in effects:
            self._perform_one(effect)

    def _perform_one(self, effect: Effect) -> None:
        """Perform an effect at once; after hanging up, none is performed."""
        if not self._line.is_open:
            return
        shared = self._shared
        if isinstance(effect, Reply):  # nearly all are, and a pattern takes as long as the rest
            self._reply(effect.message)
            return
        match effect:
            case Join(channel, recoverable):
                shared.hub.join(self._line, channel, recoverable=recoverable)
            case Replay(publication, recoverable):
                shared.counters.messages_out += 1
                shared.counters.replays[publication.type] += 1
                text = numbered(publication) if recoverable else publication.message
                self._line.outbox.push(frames.text(text))
            case Leave(channel):
                shared.hub.leave(self._line, channel)
            case HangUp(code):
                self._line.hang_up(code)
            case SignIn() | Publish():
                raise AssertionError("this takes a while: see _carry_out")
            case _:
                assert_never(effect)

    async def _sign_in(self, user_id: str) -> None:
        has_place = await self._shared.places.take(user_id)
        if not has_place:
            self._line.hang_up(CloseCode.TOO_MANY_CONNECTIONS)
        elif not self._line.is_open:  # hung up on meanwhile
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
        self._line.outbox.push(frames.text(stamped(message, shared.clock())))

    def leave(self) -> None:
        """Hear nothing any more, and make place for another."""
        user_id = self.session.identity.user_id if self.session.identity else None
        self._shared.hub.remove(self._line, self.session.channels)
        self.session.channels.clear()
        if self._has_place and user_id is not None:
            self._has_place = False
            self._shared.places.free(user_id)


def _id_of(message: ClientMessage) -> str | None:
    return None if message.id is UNSET else message.id
