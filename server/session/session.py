"""The state of one client's conversation: its identity, its subscriptions, its deadline.

A session turns each message, and the passing of time, into effects and applies none of them:
no socket, no clock.  `RequestDispatcher` applies them, in their order and without waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, assert_never

from msgspec import UNSET, Struct, UnsetType

from protocol.channels import Channel, ChannelKind
from protocol.close_codes import CloseCode
from protocol.errors import ErrorCode, RequestError
from protocol.event_payloads import ChatMessagePayload
from protocol.messages import (
    Auth,
    AuthError,
    AuthErrorPayload,
    AuthSuccess,
    AuthSuccessPayload,
    ChannelPayload,
    ChatMessage,
    ClientMessage,
    Error,
    Ping,
    Pong,
    SendChatMessage,
    SendChatPayload,
    Subscribe,
    Subscribed,
    SubscribedPayload,
    SubscribeOptions,
    Unsubscribe,
    Unsubscribed,
)
from protocol.publications import Publication, StreamPosition
from server.auth.identity import Identity, InvalidToken, KeysUnavailable, Role
from server.auth.permissions import can_subscribe
from server.pubsub.brokers.base import BrokerUnavailable, PendingRecovery
from server.session.effects import (
    AddSubscription,
    CloseConnection,
    RemoveSubscription,
    Replay,
    SendReply,
    SessionEffect,
)
from server.session.rate_limit import ReplayLimit
from server.stores.base import OrderOwnership, StoreUnavailable

TOKEN_GRACE_S = 25.0  # after the token expires: time to fetch a new one and send it
RequestId = str | UnsetType


class SessionBackend(Protocol):
    """What a session needs of the server; each method may do input and output."""

    async def verify_token(self, token: str) -> Identity:
        """Verify a token; raises InvalidToken or KeysUnavailable."""
        ...

    async def acquire_connection_slot(self, user_id: str) -> bool:
        """Count a connection of a user; False if the user has too many."""
        ...

    def release_connection_slot(self, user_id: str) -> None:
        """Count one connection of a user less."""

    async def find_order_owner(self, tenant_id: str, order_id: str) -> OrderOwnership | None:
        """Return the owner of a tenant's order; raises StoreUnavailable."""

    async def subscribe(self, channel: Channel) -> None:
        """Have what is published on a channel from now on delivered to this node."""

    async def recover(self, channel: Channel, since: StreamPosition | None) -> PendingRecovery:
        """Read a channel's position, and its publications since a position.

        Raises BrokerUnavailable.
        """
        ...

    async def post_chat_message(
        self, identity: Identity, payload: SendChatPayload, connection_id: str
    ) -> ChatMessagePayload:
        """Store and publish a chat message, and return the sender's own copy.

        Raises RequestError or StoreUnavailable.
        """
        ...


class _OpenedSubscription(Struct, frozen=True):
    """A subscription to confirm: the fields of the reply, and the publications after it."""

    recoverable: bool
    recovery_fields: dict[str, Any]
    publications: Sequence[Publication]


class _PendingSubscription(Struct, frozen=True):
    """A subscription whose channel is delivered to this node; ``recovery`` if it needs history."""

    channel: Channel
    options: SubscribeOptions
    recovery: PendingRecovery | None

    def finish(self) -> _OpenedSubscription:
        """Return the subscription as of now."""
        if self.recovery is None:
            return _OpenedSubscription(False, {}, ())
        found = self.recovery.finish()
        latest = (found.latest,) if found.latest is not None else ()
        if self.options.recoverable is not True:
            return _OpenedSubscription(False, {}, latest)
        recovery_fields: dict[str, Any] = {
            "epoch": found.position.epoch,
            "offset": found.position.offset,
        }
        if found.recovered is not None:
            recovery_fields["recovered"] = found.recovered
        is_latest_wanted = self.options.last is True and found.recovered is not True
        return _OpenedSubscription(
            True, recovery_fields, latest if is_latest_wanted else found.missed
        )


class Session:
    """The identity, subscriptions and deadline of one client.

    A client has to sign in, or to join a public channel, within ``auth_timeout_s`` by a
    monotonic clock; its token expires by the wall clock.  ``opened_at`` and ``now`` are of the
    monotonic clock.
    """

    __slots__ = (
        "_auth_timeout_s",
        "_backend",
        "_connection_id",
        "_has_ended",
        "_has_expired",
        "_is_idle",
        "_max_subscriptions",
        "_owner_changes",
        "_replay_limit",
        "_sign_in_by",
        "_slot_of",
        "channels",
        "identity",
    )

    def __init__(
        self,
        connection_id: str,
        backend: SessionBackend,
        opened_at: float,
        auth_timeout_s: float,
        max_subscriptions: int,
        replay_bytes_per_s: float,
    ) -> None:
        self._connection_id = connection_id
        self._backend = backend
        self._max_subscriptions = max_subscriptions
        self._auth_timeout_s = auth_timeout_s
        self._replay_limit = ReplayLimit(replay_bytes_per_s, max_subscriptions, opened_at)
        self._is_idle = False  # an anonymous client has left its last channel
        self._has_expired = False
        self._has_ended = False
        self._owner_changes = 0  # of the orders it is subscribed to
        self._slot_of = ""  # the user that this connection counts for
        self.identity: Identity | None = None
        self.channels: set[Channel] = set()
        self._sign_in_by: float | None = opened_at + auth_timeout_s

    def reply_to_ping(self, ping: Ping) -> SessionEffect:
        """Answer a ping, which needs no input or output."""
        return SendReply(Pong(id=ping.id))

    async def receive(self, message: ClientMessage, now: float) -> list[SessionEffect]:
        """Return the effects of one message, handled at ``now``; an error reply is one too."""
        try:
            match message:
                case Ping():
                    return [self.reply_to_ping(message)]
                case Subscribe():
                    return await self._subscribe(message, now)
                case Unsubscribe():
                    return self._unsubscribe(message)
                case SendChatMessage():
                    return await self._post_chat_message(message)
                case Auth():
                    return await self._authenticate(message, now)
                case _:
                    assert_never(message)
        except RequestError as error:
            return [SendReply(Error.from_request_error(error, request_id=message.id))]
        except (StoreUnavailable, BrokerUnavailable, KeysUnavailable):
            failed = RequestError(
                ErrorCode.INTERNAL, "This cannot be answered now, try again later"
            )
            reply = SendReply(Error.from_request_error(failed, request_id=message.id))
            if isinstance(message, Auth) and self.identity is None:
                # Otherwise it would be closed with 4001 for not signing in, and not reconnect.
                return [reply, CloseConnection(CloseCode.INTERNAL_ERROR)]
            return [reply]

    async def _authenticate(self, request: Auth, now: float) -> list[SessionEffect]:
        """Sign in, extend the session, or reply that the token is invalid."""
        try:
            identity = await self._backend.verify_token(request.payload.token)
            before = self.identity
            if before is None:
                return await self._sign_in(identity, request, now)
        except InvalidToken as why:
            return [SendReply(AuthError(AuthErrorPayload(str(why)), id=request.id))]
        if (before.user_id, before.tenant_id) != (identity.user_id, identity.tenant_id):
            return [CloseConnection(CloseCode.NOT_SIGNED_IN)]
        return await self._extend(identity, request)

    def check_deadline(self, now: float, wall_time: float) -> list[SessionEffect]:
        """Return what is due at ``now``, which is ``wall_time`` in seconds since the epoch."""
        if self._is_idle:
            self._is_idle, self._sign_in_by = False, now + self._auth_timeout_s
        due_at = self.next_deadline(now, wall_time)
        if due_at is None or now < due_at:
            return []
        if self.identity is None:
            return [CloseConnection(CloseCode.NOT_SIGNED_IN)]
        if self._has_expired:
            return [CloseConnection(CloseCode.TOKEN_EXPIRED)]
        self._has_expired = True
        return [SendReply(AuthError(AuthErrorPayload("The token has expired")))]

    def next_deadline(self, now: float, wall_time: float) -> float | None:
        """Return when ``check_deadline`` has something to do, unless a clock is corrected."""
        if self.identity is None:
            return self._sign_in_by
        grace_s = TOKEN_GRACE_S if self._has_expired else 0.0
        return now + (self.identity.expires_at + grace_s - wall_time)

    def on_order_owner_changed(self, ownership: OrderOwnership) -> list[SessionEffect]:
        """Unsubscribe from an order that was reassigned, unless this client may still see it."""
        self._owner_changes += 1
        channel = Channel(ChannelKind.ORDER, ownership.id, ownership.tenant_id)
        if channel not in self.channels or can_subscribe(self.identity, channel, ownership):
            return []
        return self._revoke_subscription(channel)

    def end(self) -> None:
        """Free the connection's slot; the connection is closed."""
        self._has_ended = True
        if self._slot_of:
            self._backend.release_connection_slot(self._slot_of)
            self._slot_of = ""

    async def _sign_in(self, identity: Identity, request: Auth, now: float) -> list[SessionEffect]:
        if not await self._acquire_slot(identity.user_id):
            self._set_identity(identity)  # it is known whose connection is refused
            return [CloseConnection(CloseCode.TOO_MANY_CONNECTIONS)]
        own = Channel(ChannelKind.USER, identity.user_id)
        pending = await self._open_subscription(own, request.payload, now)
        # The token may have been revoked while the history was read.
        self._set_identity(await self._backend.verify_token(request.payload.token))
        self.channels.add(own)
        opened = self._finish(pending)
        # The confirmation comes before the channel, so that no event overtakes it.
        success = SendReply(_auth_success(identity, request.id, **opened.recovery_fields))
        return [success, *self._replay(opened), AddSubscription(own, opened.recoverable)]

    async def _extend(self, identity: Identity, request: Auth) -> list[SessionEffect]:
        """Continue with a newer token; unsubscribe from what its role no longer allows.

        Nothing changes if the store or the broker does not answer.
        """
        own = Channel(ChannelKind.USER, identity.user_id)
        if own not in self.channels:
            await self._backend.subscribe(own)
        orders = await self._find_orders()
        self._set_identity(identity)
        effects: list[SessionEffect] = [SendReply(_auth_success(identity, request.id))]
        if own not in self.channels:  # it had been unsubscribed
            self.channels.add(own)
            effects.append(AddSubscription(own))
        for channel in sorted(self.channels):
            if not can_subscribe(identity, channel, orders.get(channel)):
                effects += self._revoke_subscription(channel)
        return effects

    async def _acquire_slot(self, user_id: str) -> bool:
        """Count this connection for a user; False if the user has too many."""
        if self._slot_of:  # of an attempt to sign in that failed after this
            self._backend.release_connection_slot(self._slot_of)
            self._slot_of = ""
        if not await self._backend.acquire_connection_slot(user_id):
            return False
        self._slot_of = user_id
        if self._has_ended:  # while waiting
            self.end()
        return True

    def _set_identity(self, identity: Identity) -> None:
        self.identity = identity
        self._has_expired = self._is_idle = False

    async def _subscribe(self, request: Subscribe, now: float) -> list[SessionEffect]:
        channel = self._parse_channel(request.payload.channel)
        order = await self._find_order(channel)
        if not can_subscribe(self.identity, channel, order, has_expired=self._has_expired):
            raise RequestError(ErrorCode.FORBIDDEN, "Cannot access this channel")
        if (
            channel not in self.channels
            and len(self.channels - self._own_channel()) >= self._max_subscriptions
        ):
            raise RequestError(
                ErrorCode.TOO_MANY_SUBSCRIPTIONS, f"No more than {self._max_subscriptions} channels"
            )
        pending = await self._open_subscription(channel, request.payload, now)
        # Until it is a subscriber it is not notified of an order that is reassigned.
        if not can_subscribe(self.identity, channel, await self._find_order(channel)):
            raise RequestError(ErrorCode.FORBIDDEN, "Cannot access this channel")
        opened = self._finish(pending)
        self.channels.add(channel)
        if self.identity is None:
            # With a public channel, it need not sign in.
            self._sign_in_by, self._is_idle = None, False
        confirmed = Subscribed(
            SubscribedPayload(request.payload.channel, **opened.recovery_fields), id=request.id
        )
        return [
            SendReply(confirmed),
            *self._replay(opened),
            AddSubscription(channel, opened.recoverable),
        ]

    def _parse_channel(self, name: str) -> Channel:
        """Return the channel that a client means by a name: an order is one of its tenant."""
        return Channel.parse(name, self.identity.tenant_id if self.identity else "")

    async def _find_order(self, channel: Channel) -> OrderOwnership | None:
        """Return the order of a channel and its owner, for a client that is signed in."""
        if channel.kind is not ChannelKind.ORDER or self.identity is None:
            return None
        return await self._backend.find_order_owner(channel.tenant, channel.key)

    async def _find_orders(self) -> dict[Channel, OrderOwnership | None]:
        """Return the orders of all subscriptions, again if an owner changes during that time."""
        while True:
            version = self._owner_changes
            orders = {channel: await self._find_order(channel) for channel in sorted(self.channels)}
            if version == self._owner_changes:
                return orders

    async def _open_subscription(
        self, channel: Channel, options: SubscribeOptions, now: float
    ) -> _PendingSubscription:
        """Fetch the stream position and missed messages of a new subscription."""
        if not (options.recoverable is True or options.last is True):
            await self._backend.subscribe(channel)
            return _PendingSubscription(channel, options, None)
        if not self._replay_limit.allows(channel, now):
            raise RequestError(ErrorCode.RATE_LIMITED, "Too many messages were replayed")
        since = options.since if options.recoverable is True else None
        if not isinstance(since, StreamPosition):
            since = None
        return _PendingSubscription(channel, options, await self._backend.recover(channel, since))

    def _finish(self, pending: _PendingSubscription) -> _OpenedSubscription:
        """Return a subscription as of now; its effects must follow without waiting."""
        opened = pending.finish()
        if pending.recovery is not None:
            size = sum(len(each.message) for each in opened.publications)
            self._replay_limit.record(pending.channel, size)
        return opened

    def _replay(self, opened: _OpenedSubscription) -> list[Replay]:
        """Replay earlier publications, but those that were not for this client."""
        return [
            Replay(publication, opened.recoverable)
            for publication in opened.publications
            if self._is_recipient(publication)
        ]

    def _is_recipient(self, publication: Publication) -> bool:
        """Tell whether the hub would have delivered it to this client as a subscriber."""
        tenant_id = self.identity.tenant_id if self.identity else ""
        is_staff = self.identity is not None and self.identity.is_staff
        return (
            (not publication.tenant_only or publication.tenant == tenant_id)
            and (is_staff or not publication.staff_only)
            and publication.exclude_subscribers_of not in self.channels
            and publication.exclude_connection != self._connection_id
        )

    def _unsubscribe(self, request: Unsubscribe) -> list[SessionEffect]:
        channel = self._parse_channel(request.payload.channel)
        self.channels.discard(channel)
        self._is_idle = self.identity is None and self._sign_in_by is None and not self.channels
        confirmed = Unsubscribed(ChannelPayload(request.payload.channel), id=request.id)
        return [RemoveSubscription(channel), SendReply(confirmed)]

    async def _post_chat_message(self, request: SendChatMessage) -> list[SessionEffect]:
        if self.identity is None or self._has_expired:
            raise RequestError(ErrorCode.UNAUTHENTICATED, "Sign in to chat")
        payload = await self._backend.post_chat_message(
            self.identity, request.payload, self._connection_id
        )
        return [SendReply(ChatMessage(payload, id=request.id))]

    def _revoke_subscription(self, channel: Channel) -> list[SessionEffect]:
        self.channels.discard(channel)
        return [RemoveSubscription(channel), SendReply(Unsubscribed(ChannelPayload(str(channel))))]

    def _own_channel(self) -> set[Channel]:
        """Return the user's own channel, which does not count against the limit."""
        return {Channel(ChannelKind.USER, self.identity.user_id)} if self.identity else set()


def _auth_success(identity: Identity, id: RequestId, **place: Any) -> AuthSuccess:
    return AuthSuccess(
        AuthSuccessPayload(
            user_id=identity.user_id,
            tenant_id=identity.tenant_id or UNSET,
            role=UNSET if identity.role is Role.NONE else identity.role.value,
            expires_at=datetime.fromtimestamp(identity.expires_at, UTC),
            **place,
        ),
        id=id,
    )
