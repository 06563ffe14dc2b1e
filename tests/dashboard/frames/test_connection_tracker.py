"""Following a connection: its subscriptions, where its events came from, and what a close ends."""

import json

import pytest

from dashboard.frames.connection_tracker import ConnectionTracker
from dashboard.frames.event_origins import Basis, ReplayReason
from dashboard.state.channels import EVERYONE_ADDRESS
from protocol.publications import StreamPosition

ORDER = {"id": "ord_1", "customer": {"id": "user_1"}}


class Client:
    """A client whose server sends what a test says; `origin` is that of the last event."""

    def __init__(self, conversation):
        self.conversation, self.tracker = conversation, ConnectionTracker()
        self._requests = 0

    def connect(self, user="user_1", role="customer"):
        record = self.conversation.record
        record.record_connecting(has_token=bool(user))
        record.record_open()
        if user:
            self.receive("auth_success", {"user_id": user, "role": role, "tenant_id": "shop"})

    def send(self, type_, **payload):
        self._requests += 1
        id = f"r{self._requests}"
        message = {"type": type_, "id": id, "payload": payload}
        return self.conversation.after(0.1).record_sent(json.dumps(message).encode()), id

    def receive(self, type_, payload, **more):
        message = {"type": type_, "payload": payload, **more}
        return self.conversation.after(0.1).record_received(json.dumps(message).encode())

    def subscribe(self, channel, reply=None, sent_at="2026-01-01T12:00:00.000Z", **options):
        request, id = self.send("subscribe", channel=channel, **options)
        payload = {"channel": channel, **(reply or {})}
        self.receive("subscribed", payload, id=id, timestamp=sent_at)
        return request

    def followed(self):
        self.tracker.update(self.conversation.frames)
        return self.tracker

    def origin(self, frame):
        return self.followed().notes(frame.seq).origin


@pytest.fixture
def client(conversation):
    return Client(conversation)


def update(client, **more):
    return client.receive("order_update", {"order_id": "ord_1", "status": "paid", **more})


def test_an_event_came_on_the_only_subscription_that_can_have_carried_it(client):
    client.connect("agent_1", "agent")
    request = client.subscribe("order:ord_1")

    origin = client.origin(update(client))

    assert (origin.basis, origin.channel) == (Basis.DEDUCED, "order:ord_1")
    assert (origin.subscription.seq, origin.subscription.by_sign_in) == (request.seq, False)


def test_an_event_before_any_subscription_came_on_the_channel_that_signing_in_joins(client):
    client.connect()

    origin = client.origin(client.receive("cart_update", {"action": "cleared"}))

    assert (origin.basis, origin.channel) == (Basis.DEDUCED, "user:user_1")
    assert origin.subscription.by_sign_in


def test_one_event_on_two_channels_is_recognised_in_both_frames(client):
    client.connect()
    client.subscribe("order:ord_1")

    first, second = update(client, order=ORDER), update(client, order=ORDER)

    assert client.origin(first).channel == "order:ord_1"
    assert client.origin(first).copies == (second.seq,)
    assert client.origin(second).channel == "user:user_1"
    assert client.origin(second).copies == (first.seq,)
    assert client.origin(second).subscription.by_sign_in
    assert client.origin(first).basis is client.origin(second).basis is Basis.DEDUCED


def test_one_copy_on_two_possible_channels_is_only_probably_on_the_first(client):
    client.connect()
    client.subscribe("order:ord_1")

    origin = client.origin(update(client))

    assert (origin.basis, origin.channel) == (Basis.PROBABLE, "order:ord_1")
    assert origin.alternatives == ("user:user_1",)


def test_the_update_of_another_customers_order_cannot_have_come_on_the_own_channel(client):
    client.connect()
    client.subscribe("order:ord_1")

    origin = client.origin(update(client, order={"customer": {"id": "user_9"}}))

    assert (origin.basis, origin.channel) == (Basis.DEDUCED, "order:ord_1")


def test_a_second_event_that_differs_is_no_copy(client):
    client.connect()
    client.subscribe("order:ord_1")

    first = update(client)
    second = client.receive("order_update", {"order_id": "ord_1", "status": "shipped"})

    assert client.origin(first).copies == client.origin(second).copies == ()


def test_a_recoverable_subscription_names_its_channel(client):
    client.connect()
    client.subscribe("order:ord_1", {"epoch": "e", "offset": 4}, recoverable=True)

    named = client.receive("order_update", {"order_id": "ord_1"}, channel="order:ord_1", offset=5)
    plain = client.receive("order_update", {"order_id": "ord_1"})

    assert client.origin(named).basis is Basis.NAMED
    assert client.origin(named).replay is ReplayReason.NONE
    assert (client.origin(plain).channel, client.origin(plain).basis) == (
        "user:user_1",
        Basis.DEDUCED,
    )
    assert client.origin(named).copies == (plain.seq,)


def test_missed_messages_are_replays_and_name_the_frame_that_brought_them_before(client):
    client.connect()
    client.subscribe("order:ord_1", {"epoch": "e", "offset": 4}, recoverable=True)
    sent = {"channel": "order:ord_1", "offset": 5, "timestamp": "2026-01-01T12:00:01.000Z"}
    seen = client.receive("order_update", {"order_id": "ord_1"}, **sent)
    client.conversation.record.record_close(1000, "", by_client=True)
    client.connect()
    since = {"epoch": "e", "offset": 4}
    client.subscribe(
        "order:ord_1", {"epoch": "e", "offset": 6, "recovered": True}, recoverable=True, since=since
    )

    again = client.receive("order_update", {"order_id": "ord_1"}, **sent)
    missed = client.receive("order_update", {"order_id": "ord_1"}, **(sent | {"offset": 6}))
    live = client.receive("order_update", {"order_id": "ord_1"}, **(sent | {"offset": 7}))

    assert [client.origin(each).replay for each in (again, missed, live)] == [
        ReplayReason.SINCE,
        ReplayReason.SINCE,
        ReplayReason.NONE,
    ]
    assert client.origin(again).first == seen.seq


def test_the_latest_message_that_a_subscription_asked_for_is_a_replay(client):
    client.connect()
    client.subscribe("order:ord_1", last=True, sent_at="2026-01-01T12:00:05.000Z")

    latest = client.receive(
        "order_update", {"order_id": "ord_1"}, timestamp="2026-01-01T12:00:01.000Z"
    )

    origin = client.origin(latest)
    assert (origin.channel, origin.replay) == ("order:ord_1", ReplayReason.LAST)
    assert origin.basis is Basis.DEDUCED


def test_a_message_after_the_reply_is_no_replay_although_the_latest_was_asked_for(client):
    client.connect()
    client.subscribe("order:ord_1", last=True, sent_at="2026-01-01T12:00:05.000Z")

    live = client.receive(
        "order_update", {"order_id": "ord_1"}, timestamp="2026-01-01T12:00:06.000Z"
    )

    assert client.origin(live).replay is ReplayReason.NONE


def test_a_publication_of_this_page_is_recognised_when_it_comes_back(client):
    client.connect()
    client.subscribe("public:announcements")
    body = b'{"channel":"public:announcements","type":"notification","payload":{"id":"n_1"}}'
    request = client.conversation.record.record_http_request(body)

    origin = client.origin(client.receive("notification", {"id": "n_1"}))

    assert (origin.basis, origin.request) == (Basis.PUBLISHED, request.seq)
    assert origin.channel == "public:announcements"


def test_a_notification_may_have_been_sent_to_everyone(client):
    client.connect()

    origin = client.origin(client.receive("notification", {"id": "n_1"}))

    assert (origin.basis, origin.channel) == (Basis.PROBABLE, "user:user_1")
    assert origin.alternatives == (EVERYONE_ADDRESS,)


def test_without_a_plain_subscription_an_event_was_sent_to_everyone(client):
    client.connect(user="")

    assert client.origin(client.receive("notification", {"id": "n_1"})).channel == EVERYONE_ADDRESS


def test_an_unusual_event_on_one_of_two_subscriptions_has_an_unknown_origin(client):
    client.connect("admin_1", "admin")
    client.subscribe("public:news")

    origin = client.origin(client.receive("new_order", {"order": {}}))

    assert (origin.basis, origin.channel) == (Basis.UNKNOWN, "")
    assert set(origin.alternatives) == {"user:admin_1", "public:news"}


@pytest.mark.parametrize(
    ("role", "channel"), [("agent", "tenant:shop"), ("customer", "user:user_1")]
)
def test_chat_comes_to_the_staff_on_the_tenant_channel_and_to_a_customer_on_the_own(
    client, role, channel
):
    client.connect("user_1", role)
    client.subscribe("tenant:shop")

    origin = client.origin(client.receive("chat_message", {"message": {"id": "m_1"}}))

    assert (origin.basis, origin.channel) == (Basis.DEDUCED, channel)


def test_a_close_ends_the_subscriptions_and_they_are_remembered_as_lost(client):
    client.connect()
    client.subscribe("order:ord_1", {"epoch": "e", "offset": 4}, recoverable=True)
    client.receive("order_update", {}, channel="order:ord_1", offset=9)
    closed = client.conversation.record.record_close(1006, "")

    tracker = client.followed()

    assert tracker.subscriptions == {}
    assert [each.channel for each in tracker.lost] == ["user:user_1", "order:ord_1"]
    assert tracker.notes(closed.seq).lost == ("user:user_1", "order:ord_1")
    assert tracker.positions["order:ord_1"] == StreamPosition("e", 9)


def test_the_position_to_recover_from_outlives_a_connection_without_recoverable_subscriptions(
    client,
):
    client.connect()
    client.subscribe("order:ord_1", {"epoch": "e", "offset": 4}, recoverable=True)
    client.receive("order_update", {}, channel="order:ord_1", offset=9)
    client.conversation.record.record_close(1006, "")
    client.connect()
    client.subscribe("public:announcements")
    client.conversation.record.record_close(1006, "")

    assert client.followed().recovery_point() == ("order:ord_1", StreamPosition("e", 9))


def test_without_a_recoverable_subscription_there_is_no_position_to_recover_from(client):
    assert client.followed().recovery_point() is None
    client.connect()
    client.subscribe("order:ord_1")
    client.conversation.record.record_close(1006, "")

    assert client.followed().recovery_point() == ("order:ord_1", None)


def test_a_channel_without_further_messages_is_recovered_after_the_others(client):
    client.connect()
    client.subscribe("order:ord_1")
    client.subscribe("order:ord_2")
    client.conversation.record.record_close(1006, "")
    tracker = client.followed()

    assert tracker.recovery_point() == ("order:ord_2", None)
    assert tracker.recovery_point({"order:ord_2"}) == ("order:ord_1", None)


def test_subscriptions_outlive_the_frames_that_made_them(client):
    client.connect()
    request = client.subscribe("order:ord_1")
    client.followed()
    client.conversation.record.clear()

    origin = client.origin(update(client, order={"customer": {"id": "user_9"}}))

    assert origin.subscription.seq == request.seq
    assert client.tracker.summary.user == "user_1"


def test_access_that_the_server_takes_away_ends_a_subscription(client):
    client.connect()
    client.subscribe("order:ord_1")
    client.receive("unsubscribed", {"channel": "order:ord_1"})

    assert list(client.followed().subscriptions) == ["user:user_1"]
