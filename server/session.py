"""One client's conversation, without the client.

A session turns each message, and the passing of time, into effects and performs none of
them: no socket, no clock.  ``server.connection`` carries them out, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, assert_never

from msgspec import UNSET, Struct, UnsetType

from protocol.channels import Channel, Kind
from protocol.errors import CloseCode, ErrorCode, Refusal
from protocol.events import ChatSaid
from protocol.messages import (
    Auth,
    AuthError,
    AuthSuccess,
    ChannelName,
    ChatMessage,
    ClientMessage,
    Error,
    Joined,
    Ping,
    Pong,
    Rejected,
    Say,
    SignedIn,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    Utterance,
    Wishes,
)
from protocol.publications import Position, Publication
from server.access import may_hear
from server.auth import InvalidToken
from server.brokers.base import BrokerUnavailable, Recovery
from server.effects import Effect, HangUp, Join, Leave, Publish, Replay, Reply, SignIn
from server.identity import Identity, Role
from server.stores.base import Order, StoreUnavailable

GRACE_S = 25.0  # after the token's end: time to fetch another and send it
Id = str | UnsetType


class World(Protocol):
    """What a session has to ask about; each may take a while."""

    async def identify(self, token: str) -> Identity:
        """Verify a token; raises InvalidToken."""
        ...

    async def find_order(self, order_id: str) -> Order | None:
        """Return whose an order is; raises StoreUnavailable."""

    async def hear(self, channel: Channel) -> None:
        """Have what is published on a channel from now on delivered here."""

    async def last(self, channel: Channel) -> Publication | None:
        """Return what a channel brought last; raises BrokerUnavailable.

        When it returns, nothing newer has been delivered.
        """

    async def recover(self, channel: Channel, since: Position | None) -> Recovery:
        """Tell where a channel stands and what it brought since; raises BrokerUnavailable.

        When it returns, exactly what led there has been delivered.
        """
        ...

    async def say(
        self, who: Identity, utterance: Utterance, connection_id: str
    ) -> tuple[ChatSaid, tuple[Publication, ...]]:
        """Keep what was said; raises Refusal or StoreUnavailable.

        Returns the sender's own copy, and everybody else's.
        """
        ...


class _Opened(Struct, frozen=True):
    """How a channel is joined: its place for the reply, and what comes between the two."""

    recoverable: bool
    place: dict[str, Any]
    brought: Sequence[Publication]


class Session:
    """What a client has proved about itself, what it hears, and what it may do next.

    Times are in seconds since the epoch.  ``deadline`` is when ``pass_time`` has something
    to do next, or None.
    """

    def __init__(
        self, connection_id: str, world: World, opened_at: float, auth_timeout_s: float, limit: int
    ) -> None:
        self._connection_id = connection_id
        self._world = world
        self._limit = limit
        self._has_expired = False
        self.identity: Identity | None = None
        self.channels: set[Channel] = set()
        self.deadline: float | None = opened_at + auth_timeout_s

    def pong(self, ping: Ping) -> Effect:
        """Answer a ping, for which nobody else need be asked."""
        return Reply(Pong(id=ping.id))

    async def receive(self, message: ClientMessage) -> list[Effect]:
        """Return the effects of one message; a refusal is an effect too."""
        try:
            match message:
                case Ping():
                    return [self.pong(message)]
                case Subscribe():
                    return await self._subscribe(message)
                case Unsubscribe():
                    return self._unsubscribe(message)
                case Say():
                    return await self._say(message)
                case Auth():
                    return await self._authenticate(message)
                case _:
                    assert_never(message)
        except Refusal as refusal:
            return [Reply(Error.of(refusal, answering=message.id))]
        except (StoreUnavailable, BrokerUnavailable):
            failed = Refusal(ErrorCode.INTERNAL, "This cannot be answered now, try again later")
            told = Reply(Error.of(failed, answering=message.id))
            if isinstance(message, Auth) and self.identity is None:
                # Left alone it would be closed for not signing in, and not come back.
                return [told, HangUp(CloseCode.INTERNAL_ERROR)]
            return [told]

    async def _authenticate(self, request: Auth) -> list[Effect]:
        """Sign in, extend the session, or say that the token is not taken."""
        try:
            identity = await self._world.identify(request.payload.token)
            before = self.identity
            if before is None:
                return await self._sign_in(identity, request)
        except InvalidToken as why:
            return [Reply(AuthError(Rejected(str(why)), id=request.id))]
        if (before.user_id, before.tenant_id) != (identity.user_id, identity.tenant_id):
            return [HangUp(CloseCode.NOT_SIGNED_IN)]
        self._take(identity)
        success = Reply(_success(identity, request.id))
        own = Channel(Kind.USER, identity.user_id)
        if own in self.channels:
            return [success, *await self._judge_again()]
        self.channels.add(own)  # it was left meanwhile
        await self._world.hear(own)
        return [success, Join(own), *await self._judge_again()]

    def pass_time(self, now: float) -> list[Effect]:
        """Return what is due at ``now``."""
        if self.deadline is None or now < self.deadline:
            return []
        if self.identity is None:
            return [HangUp(CloseCode.NOT_SIGNED_IN)]
        if self._has_expired:
            return [HangUp(CloseCode.TOKEN_EXPIRED)]
        self._has_expired = True
        self.deadline = self.identity.expires_at + GRACE_S
        return [Reply(AuthError(Rejected("The token has expired")))]

    def order_changed(self, order: Order) -> list[Effect]:
        """Judge again whether this client may hear an order that has changed hands."""
        channel = Channel(Kind.ORDER, order.id)
        if channel not in self.channels or may_hear(self.identity, channel, order):
            return []
        return self._lose(channel)

    async def _sign_in(self, identity: Identity, request: Auth) -> list[Effect]:
        own = Channel(Kind.USER, identity.user_id)
        opened = await self._open(own, request.payload)
        # The token may have been revoked meanwhile.
        self._take(await self._world.identify(request.payload.token))
        self.channels.add(own)
        # The confirmation comes before the channel, so that no event overtakes it.
        success = Reply(_success(identity, request.id, **opened.place))
        return [SignIn(identity), success, *self._replay(opened), Join(own, opened.recoverable)]

    def _take(self, identity: Identity) -> None:
        self.identity = identity
        self.deadline = identity.expires_at
        self._has_expired = False

    async def _subscribe(self, request: Subscribe) -> list[Effect]:
        channel = Channel.parse(request.payload.channel)
        order = None
        if channel.kind is Kind.ORDER and self.identity is not None:
            order = await self._world.find_order(channel.key)
        if not may_hear(self.identity, channel, order, has_expired=self._has_expired):
            raise Refusal(ErrorCode.FORBIDDEN, "Cannot access this channel")
        if channel not in self.channels and len(self.channels - self._own()) >= self._limit:
            raise Refusal(ErrorCode.TOO_MANY_SUBSCRIPTIONS, f"No more than {self._limit} channels")
        was_heard = channel in self.channels
        self.channels.add(channel)  # so that an order that changes hands meanwhile is lost
        try:
            opened = await self._open(channel, request.payload)
        except BrokerUnavailable:
            if not was_heard:
                self.channels.discard(channel)
            raise
        if channel not in self.channels:
            raise Refusal(ErrorCode.FORBIDDEN, "Cannot access this channel")
        if self.identity is None:
            self.deadline = None  # joining a public channel is reason enough to stay
        confirmed = Subscribed(Joined(request.payload.channel, **opened.place), id=request.id)
        return [Reply(confirmed), *self._replay(opened), Join(channel, opened.recoverable)]

    async def _open(self, channel: Channel, wishes: Wishes) -> _Opened:
        """Fetch what is to be sent before the channel is joined."""
        if wishes.recoverable is not True:
            if wishes.last is not True:
                await self._world.hear(channel)
                return _Opened(False, {}, ())
            last = await self._world.last(channel)
            return _Opened(False, {}, (last,) if last else ())
        since = wishes.since
        found = await self._world.recover(channel, since if isinstance(since, Position) else None)
        place = {"epoch": found.position.epoch, "offset": found.position.offset}
        if found.recovered is not None:
            place["recovered"] = found.recovered
        brought = found.missed
        if wishes.last is True and found.recovered is not True and found.newest is not None:
            brought = (found.newest,)
        return _Opened(True, place, brought)

    def _replay(self, opened: _Opened) -> list[Replay]:
        """Send what the channel brought before, but for what was not for this client."""
        return [
            Replay(publication, opened.recoverable)
            for publication in opened.brought
            if self._is_for_me(publication)
        ]

    def _is_for_me(self, publication: Publication) -> bool:
        """Tell whether this client would have got it, had it heard the channel: see the hub."""
        tenant_id = self.identity.tenant_id if self.identity else ""
        return (
            (not publication.within_tenant or publication.tenant == tenant_id)
            and publication.unless_on not in self.channels
            and publication.unless_from != self._connection_id
        )

    def _unsubscribe(self, request: Unsubscribe) -> list[Effect]:
        channel = Channel.parse(request.payload.channel)
        self.channels.discard(channel)
        confirmed = Unsubscribed(ChannelName(request.payload.channel), id=request.id)
        return [Leave(channel), Reply(confirmed)]

    async def _say(self, request: Say) -> list[Effect]:
        if self.identity is None or self._has_expired:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "Sign in to chat")
        own_copy, publications = await self._world.say(
            self.identity, request.payload, self._connection_id
        )
        return [Publish(publications), Reply(ChatMessage(own_copy, id=request.id))]

    async def _judge_again(self) -> list[Effect]:
        """Leave what a newer token, of another role, no longer opens."""
        effects: list[Effect] = []
        for channel in sorted(self.channels):
            order = (
                await self._world.find_order(channel.key) if channel.kind is Kind.ORDER else None
            )
            if not may_hear(self.identity, channel, order):
                effects += self._lose(channel)
        return effects

    def _lose(self, channel: Channel) -> list[Effect]:
        self.channels.discard(channel)
        return [Leave(channel), Reply(Unsubscribed(ChannelName(str(channel))))]

    def _own(self) -> set[Channel]:
        """Return the channel that signing in joined: it does not count against the limit."""
        return {Channel(Kind.USER, self.identity.user_id)} if self.identity else set()


def _success(identity: Identity, id: Id, **place: Any) -> AuthSuccess:
    return AuthSuccess(
        SignedIn(
            user_id=identity.user_id,
            tenant_id=identity.tenant_id or UNSET,
            role=UNSET if identity.role is Role.DOCUMENT else identity.role.value,
            expires_at=datetime.fromtimestamp(identity.expires_at, UTC),
            **place,
        ),
        id=id,
    )
