"""A session, called by hand: what each message and each moment leads to."""

import asyncio

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from protocol.channels import Channel
from protocol.close_codes import CloseCode
from protocol.messages import (
    Auth,
    AuthError,
    AuthPayload,
    AuthSuccess,
    ChannelPayload,
    Error,
    Ping,
    Pong,
    SendChatMessage,
    SendChatPayload,
    Subscribe,
    Subscribed,
    SubscribedPayload,
    SubscribePayload,
    Unsubscribe,
    Unsubscribed,
)
from protocol.publications import Publication, StreamPosition
from server.auth.identity import Identity, InvalidToken, Role
from server.pubsub.brokers.base import BrokerUnavailable, Recovery
from server.session.effects import (
    AddSubscription,
    CloseConnection,
    RemoveSubscription,
    Replay,
    SendReply,
)
from server.session.session import TOKEN_GRACE_S, Session
from server.stores.base import OrderOwnership, StoreUnavailable

EXP = 1000.0
HERE = StreamPosition("e", 7)
ORDER_1 = Channel.parse("order:ord_1", "shop")


def person(user_id, role=Role.CUSTOMER, tenant_id="shop", exp=EXP):
    return Identity(
        user_id=user_id, tenant_id=tenant_id, role=role, name=user_id, issued_at=0, expires_at=exp
    )


OLENA, BOSS = person("olena"), person("boss", Role.ADMIN)


class FinishedLater:
    """A recovery whose result is decided when it is finished."""

    def __init__(self, finish):
        self.finish = finish


class World:
    """Knows the tokens and orders it is given."""

    def __init__(self, tokens=None, orders=()):
        self.tokens = {"olena": OLENA, "boss": BOSS, **(tokens or {})}
        self.orders = {(order.tenant_id, order.id): order for order in orders}
        self.is_down = False
        self.newest = {}
        self.recovery = Recovery(HERE)
        self.while_waiting = self.while_looking_up = lambda: None
        self.slots = []
        self.has_free_slot = True

    async def acquire_connection_slot(self, user_id):
        if self.has_free_slot:
            self.slots.append(user_id)
        return self.has_free_slot

    def release_connection_slot(self, user_id):
        self.slots.remove(user_id)

    async def verify_token(self, token):
        if token not in self.tokens:
            raise InvalidToken
        return self.tokens[token]

    async def find_order_owner(self, tenant_id, order_id):
        if self.is_down:
            raise StoreUnavailable
        found = self.orders.get((tenant_id, order_id))
        self.while_looking_up()
        return found

    async def subscribe(self, channel):
        self.while_waiting()

    async def recover(self, channel, since):
        self.while_waiting()
        if self.is_down:
            raise BrokerUnavailable
        latest = self.newest.get(channel)
        return FinishedLater(lambda: replace(self.recovery, latest=latest))

    async def post_chat_message(self, identity, payload, connection_id):
        raise StoreUnavailable


@pytest.fixture
def world():
    return World(orders=[OrderOwnership("ord_1", "olena", "shop")])


@pytest.fixture
def session(world):
    return Session(
        "c_1",
        world,
        opened_at=0.0,
        auth_timeout_s=10.0,
        max_subscriptions=2,
        replay_bytes_per_s=100,
    )


def receive(session, message, now=0.0):
    return asyncio.run(session.receive(message, now))


def sign_in(session, token="olena"):
    return receive(session, Auth(AuthPayload(token), id="a"))


def subscribe(session, channel, **wishes):
    return receive(session, Subscribe(SubscribePayload(channel, **wishes), id="s"))


def publication(channel, **options):
    usual = {"type": "x", "message": b"{}", "tenant": "shop", "accepted_at": 0}
    return Publication(to=Channel.parse(channel, "shop"), **(usual | options))


def test_signing_in_is_confirmed_before_the_users_channel_is_subscribed(session):
    reply, joined = sign_in(session)

    assert isinstance(reply.message, AuthSuccess)
    assert reply.message.id == "a"
    assert joined == AddSubscription(Channel.parse("user:olena"))


def test_a_connection_counts_for_its_user_until_it_ends(session, world):
    sign_in(session)
    assert world.slots == ["olena"]

    session.end()
    session.end()

    assert world.slots == []


def test_one_connection_too_many_is_closed_and_reads_no_history(session, world):
    world.has_free_slot = False
    world.while_waiting = pytest.fail

    effects = receive(session, Auth(AuthPayload("olena", recoverable=True, since=HERE)))

    assert effects == [CloseConnection(CloseCode.TOO_MANY_CONNECTIONS)]
    assert session.channels == set()


def test_a_connection_that_ends_while_it_signs_in_does_not_count(session, world):
    world.while_waiting = session.end

    sign_in(session)

    assert world.slots == []


def test_signing_in_again_after_a_failure_counts_once(session, world):
    world.while_waiting = world.tokens.clear
    sign_in(session)
    world.while_waiting = lambda: None
    world.tokens["olena"] = OLENA

    sign_in(session)

    assert world.slots == ["olena"]


def test_what_is_published_while_a_token_is_verified_again_is_recovered(session, world):
    calls, published = [], publication("user:olena")

    async def verify_token(token):
        calls.append(token)
        if len(calls) == 2:  # after the history was read
            world.recovery = Recovery(HERE, True, [published])
        return OLENA

    world.verify_token = verify_token

    effects = receive(session, Auth(AuthPayload("olena", recoverable=True, since=HERE)))

    assert Replay(published, recoverable=True) in effects


def test_subscribing_is_confirmed_before_delivery_starts(session):
    sign_in(session)

    assert subscribe(session, "order:ord_1") == [
        SendReply(Subscribed(SubscribedPayload("order:ord_1"), id="s")),
        AddSubscription(ORDER_1),
    ]


def test_the_users_own_channel_does_not_count_against_the_limit(session):
    sign_in(session)

    kinds = [type(subscribe(session, f"public:{n}")[0].message) for n in range(3)]

    assert kinds == [Subscribed, Subscribed, Error]


def test_a_ping_without_an_id_gets_a_pong_without_one(session):
    assert receive(session, Ping()) == [SendReply(Pong(id=UNSET))]


def test_nothing_is_due_before_the_sign_in_timeout(session):
    assert session.check_deadline(9.9, 9.9) == []
    assert session.check_deadline(10.0, 10.0) == [CloseConnection(CloseCode.NOT_SIGNED_IN)]


@pytest.mark.parametrize("reason_to_stay", ["public:news", None])
def test_a_client_that_signs_in_or_subscribes_to_a_public_channel_may_stay(session, reason_to_stay):
    if reason_to_stay:
        subscribe(session, reason_to_stay)
    else:
        sign_in(session)

    assert session.check_deadline(EXP - 1, EXP - 1) == []


def test_an_anonymous_client_that_leaves_its_last_channel_has_a_timeout_again(session):
    subscribe(session, "public:news")
    assert session.check_deadline(500.0, 500.0) == []

    receive(session, Unsubscribe(ChannelPayload("public:news"), id="u"))

    assert session.check_deadline(500.0, 500.0) == []
    assert session.check_deadline(509.9, 509.9) == []
    assert session.check_deadline(510.0, 510.0) == [CloseConnection(CloseCode.NOT_SIGNED_IN)]


def test_an_anonymous_client_that_joins_another_channel_may_stay(session):
    subscribe(session, "public:news")
    receive(session, Unsubscribe(ChannelPayload("public:news"), id="u"))
    session.check_deadline(500.0, 500.0)

    subscribe(session, "public:other")

    assert session.check_deadline(1000.0, 1000.0) == []


def test_a_failed_sign_in_does_not_extend_the_timeout(session):
    reply = sign_in(session, "forged")[0]

    assert isinstance(reply.message, AuthError)
    assert session.check_deadline(10.0, 10.0) == [CloseConnection(CloseCode.NOT_SIGNED_IN)]


def test_an_expired_token_is_reported_and_closes_after_the_grace_period(session):
    sign_in(session)

    notice = session.check_deadline(EXP, EXP)

    assert [type(effect.message) for effect in notice] == [AuthError]
    assert session.check_deadline(EXP + TOKEN_GRACE_S - 0.1, EXP + TOKEN_GRACE_S - 0.1) == []
    assert session.check_deadline(EXP + TOKEN_GRACE_S, EXP + TOKEN_GRACE_S) == [
        CloseConnection(CloseCode.TOKEN_EXPIRED)
    ]


@pytest.mark.parametrize("step", [-60.0, 60.0])
def test_a_step_of_the_wall_clock_closes_nobody_before_it_signs_in(session, step):
    assert session.check_deadline(9.9, 9.9 + step) == []
    assert session.check_deadline(10.0, 10.0 + step) == [CloseConnection(CloseCode.NOT_SIGNED_IN)]


def test_a_token_expires_by_the_wall_clock(session):
    sign_in(session)

    assert session.check_deadline(EXP + 500, EXP - 1) == []
    assert session.next_deadline(EXP + 500, EXP - 1) == EXP + 501
    assert len(session.check_deadline(10.0, EXP)) == 1


def test_no_new_channel_is_allowed_in_the_grace_period(session):
    sign_in(session)
    session.check_deadline(EXP, EXP)

    joined = subscribe(session, "order:ord_1")[0].message
    said = receive(session, SendChatMessage(SendChatPayload("Hi"), id="c"))[0].message

    assert (joined.payload.code, said.payload.code) == ("forbidden", "unauthenticated")


def test_a_fresh_token_in_the_grace_period_continues_the_session(session, world):
    sign_in(session)
    session.check_deadline(EXP, EXP)
    world.tokens["fresh"] = person("olena", exp=EXP + 500)

    effects = sign_in(session, "fresh")

    (reply,) = effects
    assert isinstance(reply.message, AuthSuccess)
    assert session.check_deadline(EXP + 499, EXP + 499) == []


@pytest.mark.parametrize("other", [BOSS, person("olena", tenant_id="books")])
def test_a_token_of_another_user_closes_the_connection(session, world, other):
    world.tokens["other"] = other
    sign_in(session)

    assert sign_in(session, "other") == [CloseConnection(CloseCode.NOT_SIGNED_IN)]


def test_a_token_of_a_lesser_role_unsubscribes_from_what_it_does_not_allow(session, world):
    world.tokens["demoted"] = person("boss", Role.CUSTOMER)
    sign_in(session, "boss")
    subscribe(session, "tenant:shop")

    reply, left, notice = sign_in(session, "demoted")

    assert isinstance(reply.message, AuthSuccess)
    assert left == RemoveSubscription(Channel.parse("tenant:shop"))
    assert notice == SendReply(Unsubscribed(ChannelPayload("tenant:shop")))


def test_a_newer_token_changes_nothing_while_the_store_is_down_and_all_once_it_answers(
    session, world
):
    world.tokens["demoted"] = person("boss", Role.CUSTOMER)
    sign_in(session, "boss")
    subscribe(session, "monitor:shop")
    subscribe(session, "order:ord_1")
    receive(session, Unsubscribe(ChannelPayload("user:boss")))
    before, world.is_down = set(session.channels), True

    (failed,) = sign_in(session, "demoted")

    assert failed.message.payload.code == "internal"
    assert (session.channels, session.identity) == (before, BOSS)
    world.is_down = False
    effects = sign_in(session, "demoted")
    assert AddSubscription(Channel.parse("user:boss")) in effects
    assert {RemoveSubscription(channel) for channel in before} < set(effects)
    assert session.channels == {Channel.parse("user:boss")}


def test_an_order_reassigned_while_a_newer_token_is_applied_is_unsubscribed(session, world):
    world.tokens["promoted"] = person("olena", Role.AGENT)
    sign_in(session, "promoted")
    subscribe(session, "order:ord_1")
    receive(session, Unsubscribe(ChannelPayload("user:olena")))
    reassigned = OrderOwnership("ord_1", "taras", "shop")

    def reassign():
        if world.orders["shop", "ord_1"] != reassigned:
            world.orders["shop", "ord_1"] = reassigned
            session.on_order_owner_changed(reassigned)

    world.while_looking_up = reassign

    effects = sign_in(session, "olena")

    assert RemoveSubscription(ORDER_1) in effects
    assert session.channels == {Channel.parse("user:olena")}


def test_a_reassigned_order_is_unsubscribed(session):
    sign_in(session)
    subscribe(session, "order:ord_1")
    channel = ORDER_1

    assert session.on_order_owner_changed(OrderOwnership("ord_1", "olena", "shop")) == []
    assert session.on_order_owner_changed(OrderOwnership("ord_1", "taras", "shop")) == [
        RemoveSubscription(channel),
        SendReply(Unsubscribed(ChannelPayload("order:ord_1"))),
    ]
    assert session.on_order_owner_changed(OrderOwnership("ord_1", "taras", "shop")) == []


@pytest.mark.parametrize(
    "request_",
    [
        Subscribe(SubscribePayload("order:ord_1"), id="x"),
        SendChatMessage(SendChatPayload("Hi"), id="x"),
    ],
)
def test_an_unavailable_store_is_an_internal_error(session, world, request_):
    sign_in(session)
    world.is_down = True

    (reply,) = receive(session, request_)

    assert (reply.message.payload.code, reply.message.id) == ("internal", "x")


def test_the_last_message_comes_between_the_confirmation_and_delivery(session, world):
    sign_in(session)
    channel = ORDER_1
    world.newest[channel] = publication("order:ord_1")

    assert subscribe(session, "order:ord_1", last=True) == [
        SendReply(Subscribed(SubscribedPayload("order:ord_1"), id="s")),
        Replay(world.newest[channel]),
        AddSubscription(channel),
    ]


@pytest.mark.parametrize("wishes", [{}, {"last": False}])
def test_the_last_message_is_sent_only_on_request(session, world, wishes):
    world.newest[Channel.parse("public:news")] = publication("public:news")

    assert [type(effect) for effect in subscribe(session, "public:news", **wishes)] == [
        SendReply,
        AddSubscription,
    ]


def test_a_channel_without_permission_does_not_reveal_its_last_message(session, world):
    world.newest[ORDER_1] = publication("order:ord_1")
    world.tokens["taras"] = person("taras")
    sign_in(session, "taras")

    (reply,) = subscribe(session, "order:ord_1", last=True)

    assert reply.message.payload.code == "forbidden"


@pytest.mark.parametrize(
    ("options", "is_for_olena"),
    [
        ({"tenant_only": True}, True),
        ({"exclude_subscribers_of": Channel.parse("tenant:shop")}, True),
        ({"exclude_subscribers_of": Channel.parse("user:olena")}, False),
        ({"exclude_connection": "c_1"}, False),
    ],
)
def test_the_last_message_is_sent_only_to_those_it_was_for(session, world, options, is_for_olena):
    sign_in(session)
    world.newest[Channel.parse("public:news")] = publication("public:news", **options)

    effects = subscribe(session, "public:news", last=True)

    assert any(isinstance(effect, Replay) for effect in effects) is is_for_olena


@pytest.mark.parametrize("role", [Role.AGENT, Role.NONE])
@pytest.mark.parametrize("wishes", [{"last": True}, {"recoverable": True, "since": HERE}])
def test_chat_is_not_replayed_to_a_token_without_a_role(session, world, role, wishes):
    world.tokens["maria"] = person("maria", role)
    sign_in(session, "maria")
    chat = publication("tenant:shop", type="chat_message", position=HERE)
    world.newest[Channel.parse("tenant:shop")] = chat
    world.recovery = Recovery(HERE, recovered=True if "since" in wishes else None, missed=(chat,))

    effects = subscribe(session, "tenant:shop", **wishes)

    assert any(isinstance(effect, Replay) for effect in effects) is (role is Role.AGENT)


def test_an_order_is_that_of_the_subscribers_tenant(session, world):
    world.orders["books", "ord_1"] = OrderOwnership("ord_1", "ivan", "books")
    world.tokens |= {
        "ivan": person("ivan", tenant_id="books"),
        "elsewhere": person("olena", tenant_id="books"),
    }
    sign_in(session, "ivan")

    confirmed, joined = subscribe(session, "order:ord_1")

    assert confirmed.message.payload.channel == "order:ord_1"
    assert joined == AddSubscription(Channel.parse("order:ord_1", "books"))
    assert session.on_order_owner_changed(OrderOwnership("ord_1", "taras", "shop")) == []


def test_a_last_message_for_one_tenant_is_not_sent_to_another(session, world):
    world.tokens["foreign"] = person("olena", tenant_id="books")
    sign_in(session, "foreign")
    world.newest[Channel.parse("user:olena")] = publication("user:olena", tenant_only=True)

    effects = subscribe(session, "user:olena", last=True)

    assert [type(effect) for effect in effects] == [SendReply, AddSubscription]


def test_an_order_reassigned_while_its_last_message_is_fetched_is_not_subscribed(session, world):
    sign_in(session)
    world.newest[ORDER_1] = publication("order:ord_1")
    world.while_waiting = lambda: world.orders.update(
        {("shop", "ord_1"): OrderOwnership("ord_1", "taras", "shop")}
    )

    (reply,) = subscribe(session, "order:ord_1", last=True)

    assert reply.message.payload.code == "forbidden"
    assert ORDER_1 not in session.channels


def test_a_broker_that_cannot_read_the_last_message_is_an_internal_error(session, world):
    sign_in(session)
    world.is_down = True

    (reply,) = subscribe(session, "public:news", last=True)

    assert (reply.message.payload.code, reply.message.id) == ("internal", "s")
    assert Channel.parse("public:news") not in session.channels


def test_a_recoverable_channel_sends_position_then_missed_messages_then_starts_delivery(
    session, world
):
    missed = publication("public:news"), publication("public:news")
    world.recovery = Recovery(HERE, True, missed)

    assert subscribe(session, "public:news", recoverable=True, since=StreamPosition("e", 5)) == [
        SendReply(
            Subscribed(
                SubscribedPayload("public:news", epoch="e", offset=7, recovered=True), id="s"
            )
        ),
        Replay(missed[0], recoverable=True),
        Replay(missed[1], recoverable=True),
        AddSubscription(Channel.parse("public:news"), recoverable=True),
    ]


def test_the_same_channel_is_replayed_at_a_limited_rate(session, world):
    world.recovery = Recovery(HERE, True, [publication("public:news", message=b"x" * 600)])

    def replay(channel, now=0.0):
        wanted = SubscribePayload(channel, recoverable=True, since=HERE)
        reply = receive(session, Subscribe(wanted, id="s"), now)[0].message
        return reply.payload.code if isinstance(reply, Error) else "replayed"

    assert [replay("public:news") for _ in range(4)] == ["replayed"] * 3 + ["rate_limited"]
    assert replay("public:other") == "replayed"  # the first of another channel is free
    assert replay("public:news", now=1.9) == "rate_limited"
    assert replay("public:news", now=2.1) == "replayed"


def test_an_order_reassigned_while_it_is_recovered_is_not_subscribed(session, world):
    sign_in(session)
    world.while_waiting = lambda: world.orders.update(
        {("shop", "ord_1"): OrderOwnership("ord_1", "taras", "shop")}
    )

    (reply,) = subscribe(session, "order:ord_1", recoverable=True)

    assert reply.message.payload.code == "forbidden"


def test_signing_in_recoverably_returns_the_position_of_the_users_channel(session, world):
    world.recovery = Recovery(HERE, True, [publication("user:olena")])

    reply, replay, joined = receive(
        session, Auth(AuthPayload("olena", recoverable=True, since=HERE), id="a")
    )

    notice = reply.message.payload
    assert (notice.epoch, notice.offset, notice.recovered) == ("e", 7, True)
    assert isinstance(replay, Replay)
    assert joined == AddSubscription(Channel.parse("user:olena"), recoverable=True)


def test_a_client_that_cannot_sign_in_now_is_closed_and_may_reconnect(session, world):
    world.is_down = True

    notice, closed = receive(session, Auth(AuthPayload("olena", recoverable=True), id="a"))

    assert (notice.message.payload.code, notice.message.id) == ("internal", "a")
    assert closed == CloseConnection(CloseCode.INTERNAL_ERROR)
    assert session.identity is None
    assert not session.channels


def test_a_token_revoked_while_the_channel_is_recovered_is_rejected(session, world):
    world.while_waiting = world.tokens.clear

    (reply,) = receive(session, Auth(AuthPayload("olena", recoverable=True)))

    assert isinstance(reply.message, AuthError)
    assert session.identity is None


def test_an_order_lost_while_it_is_subscribed_again_stays_unsubscribed(session, world):
    sign_in(session)
    subscribe(session, "order:ord_1")
    reassigned = OrderOwnership("ord_1", "taras", "shop")

    def reassign():
        world.orders["shop", "ord_1"] = reassigned
        session.on_order_owner_changed(reassigned)

    world.while_waiting = reassign

    (reply,) = subscribe(session, "order:ord_1", recoverable=True)

    assert reply.message.payload.code == "forbidden"
    assert ORDER_1 not in session.channels
