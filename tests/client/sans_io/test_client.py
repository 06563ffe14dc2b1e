"""A client's session: what it wants, messages what happens, without a socket or a clock."""

from random import Random

import msgspec
import pytest

from client.errors import ConnectionLost, QueueFull, RequestRejected
from client.sans_io.client import ClientOptions, SansIoClient
from client.sans_io.connection_state import ConnectionState
from client.sans_io.effects import DispatchMessage, DropConnection, RefreshToken, ResolveRequest
from client.sans_io.subscriptions import SubscriptionOptions

T0 = 1_700_000_000.0  # now, in seconds since the epoch


class Longest(Random):
    """Returns the upper bound: the longest delay."""

    def uniform(self, a, b):
        return b


def new(*, has_token=True, recover_user_channel=False, **limits):
    return SansIoClient(
        has_token=has_token,
        recover_user_channel=recover_user_channel,
        options=ClientOptions(**limits),
        rng=Longest(),
        now=T0,
    )


def opened(**options):
    """Return a core with an open connection that is not signed in yet."""
    session = new(**options)
    session.start(T0)
    session.on_open(T0)
    return session


def signed_in(at=T0, **options):
    session = opened(**options)
    receive(session, "auth_success", {"user_id": "olena"}, at=at)
    return session


def receive(session, type, payload=None, id=None, at=T0, **position):
    """Return the effects of a message of the server."""
    message = (
        {"type": type, "payload": payload or {}} | ({} if id is None else {"id": id}) | position
    )
    return session.on_text(msgspec.json.encode(message), at)


def frames(session):
    """Return all messages that may be sent now, as (type, payload) and ids."""
    sent = []
    while (text := session.next_frame()) is not None:
        sent.append(msgspec.json.decode(text))
    return sent


def sent(session):
    return [(frame["type"], frame["payload"]) for frame in frames(session)]


def channels(session):
    return [p["channel"] for type, p in sent(session) if type == "subscribe"]


def wait_after(session, code, at):
    session.on_close(code, "", at)
    status = session.status(at)
    return None if status.retry_at is None else status.retry_at - at


class TestTheSendQueue:
    def test_is_sent_in_order_after_sign_in(self):
        session = new()
        session.send("one", None)
        session.start(T0)
        session.send("two", {"n": 2})
        session.on_open(T0)
        assert sent(session) == []

        receive(session, "auth_success", {"user_id": "olena"})

        assert sent(session) == [("one", {}), ("two", {"n": 2})]

    def test_is_sent_when_open_if_there_is_no_token(self):
        session = new(has_token=False)
        session.send("one", None)

        session.start(T0)
        session.on_open(T0)

        assert sent(session) == [("one", {})]

    def test_keeps_messages_that_were_not_sent_before_the_close(self):
        session = signed_in()
        session.send("one", None)
        session.on_close(1006, "", T0)

        session.on_open(T0 + 1)
        receive(session, "auth_success")

        assert sent(session) == [("one", {})]

    def test_rejects_messages_over_its_limit(self):
        session = new(queue_limit=1)
        session.send("one", None)

        with pytest.raises(QueueFull):
            session.send("two", None)
        with pytest.raises(ConnectionLost):
            session.request("three", None)

    def test_does_not_limit_internal_frames(self):
        session = signed_in(queue_limit=1)
        session.send("one", None)

        session.subscribe("public:news")

        assert [type for type, _ in sent(session)] == ["one", "subscribe"]


class TestARequest:
    def test_is_resolved_by_the_reply_with_its_id_which_is_dispatched_too(self):
        session = signed_in()
        id = session.request("subscribe", {"channel": "public:news"})
        assert frames(session)[0]["id"] == id

        effects = receive(session, "subscribed", {"channel": "public:news"}, id)

        reply = {"type": "subscribed", "payload": {"channel": "public:news"}, "id": id}
        assert effects == [
            ResolveRequest(id, reply),
            DispatchMessage(reply, msgspec.json.encode(reply)),
        ]

    def test_is_resolved_once(self):
        session = signed_in()
        id = session.request("chat_message", {"content": "?"})
        frames(session)
        receive(session, "chat_message", {}, id)

        assert not [
            e for e in receive(session, "chat_message", {}, id) if isinstance(e, ResolveRequest)
        ]

    def test_is_resolved_with_the_error(self):
        session = signed_in()
        id = session.request("dance", None)
        frames(session)

        settle, _ = receive(session, "error", {"code": "unknown_type", "message": "No"}, id)

        assert isinstance(settle.outcome, RequestRejected)
        assert (settle.outcome.code, settle.outcome.message) == ("unknown_type", "No")

    def test_fails_when_its_connection_closes(self):
        session = signed_in()
        id = session.request("ping", None)
        frames(session)

        (lost,) = session.on_close(1006, "gone", T0)

        assert lost.id == id
        assert isinstance(lost.outcome, ConnectionLost)

    def test_that_is_still_queued_is_sent_on_the_next_connection(self):
        session = signed_in()
        id = session.request("ping", None)
        assert session.on_close(1006, "gone", T0) == []

        session.on_open(T0 + 1)
        receive(session, "auth_success")

        assert [frame["id"] for frame in frames(session)] == [id]

    def test_that_was_cancelled_is_not_sent(self):
        session = opened()
        session.cancel_request(session.request("ping", None))

        receive(session, "auth_success")

        assert sent(session) == []

    def test_fails_when_the_client_stops_and_is_not_sent_after_a_restart(self):
        session = opened()
        id = session.request("ping", None)

        (lost,) = session.stop(T0)
        session.start(T0)
        session.on_open(T0)
        receive(session, "auth_success")

        assert (lost.id, type(lost.outcome)) == (id, ConnectionLost)
        assert sent(session) == []


class TestSubscriptions:
    def test_are_requested_after_sign_in_and_before_queued_messages(self):
        session = new()
        session.send("one", None)
        session.subscribe("order:1")
        session.subscribe("order:2")
        session.start(T0)
        session.on_open(T0)

        receive(session, "auth_success")

        assert sent(session) == [
            ("subscribe", {"channel": "order:1"}),
            ("subscribe", {"channel": "order:2"}),
            ("one", {}),
        ]

    def test_are_not_requested_again_when_the_session_is_extended(self):
        session = signed_in()
        session.subscribe("order:1")
        assert channels(session) == ["order:1"]

        receive(session, "auth_success")

        assert channels(session) == []

    def test_that_were_not_sent_are_requested_once_on_the_next_connection(self):
        session = signed_in()
        session.subscribe("order:1")
        session.on_close(1006, "", T0)

        session.on_open(T0 + 1)
        receive(session, "auth_success")

        assert channels(session) == ["order:1"]

    @pytest.mark.parametrize("code", ["forbidden", "too_many_subscriptions", "invalid_payload"])
    def test_are_dropped_after_a_permanent_error(self, code):
        session = signed_in()
        session.subscribe("order:1")
        (asked,) = frames(session)

        effects = receive(session, "error", {"code": code, "message": ""}, asked["id"])

        assert [type(effect) for effect in effects] == [DispatchMessage]
        session.on_close(1006, "", T0)
        session.on_open(T0 + 1)
        receive(session, "auth_success")
        assert channels(session) == []

    @pytest.mark.parametrize("code", ["rate_limited", "internal"])
    def test_are_retried_after_a_temporary_error(self, code):
        session = signed_in()
        session.subscribe("order:1")
        (asked,) = frames(session)

        receive(session, "error", {"code": code, "message": ""}, asked["id"])

        session.tick(T0 + 4.9)
        assert channels(session) == []
        assert session.next_tick_at == T0 + 5
        session.tick(T0 + 5)
        assert channels(session) == ["order:1"]

    def test_are_not_retried_after_unsubscribing(self):
        session = signed_in()
        session.subscribe("order:1")
        (asked,) = frames(session)
        receive(session, "error", {"code": "rate_limited", "message": ""}, asked["id"])
        session.unsubscribe("order:1")

        session.tick(T0 + 5)

        assert channels(session) == []

    def test_are_dropped_when_the_server_revokes_them(self):
        session = signed_in()
        session.subscribe("order:1")
        frames(session)

        receive(session, "unsubscribed", {"channel": "order:1"})

        session.subscribe("order:1")
        assert channels(session) == ["order:1"]

    def test_made_again_survive_the_reply_to_the_earlier_unsubscribe(self):
        session = signed_in()
        session.subscribe("order:1")
        session.unsubscribe("order:1")
        session.subscribe("order:1")
        _, ended, _ = frames(session)

        receive(session, "unsubscribed", {"channel": "order:1"}, ended["id"])

        session.subscribe("order:1")
        assert channels(session) == []  # it is still wanted

    def test_removed_while_offline_send_nothing(self):
        session = new()
        session.subscribe("order:1")
        session.unsubscribe("order:1")
        session.start(T0)
        session.on_open(T0)
        receive(session, "auth_success")

        assert sent(session) == []


def gap_channels(effects):
    messages = (effect.message for effect in effects if isinstance(effect, DispatchMessage))
    return [message["payload"]["channel"] for message in messages if message["type"] == "gap"]


class TestARecoverableSubscription:
    NEWS = "public:news"

    def subscribed(self, session, offset, epoch="e", **more):
        place = {"channel": self.NEWS, "epoch": epoch, "offset": offset}
        return receive(session, "subscribed", place | more)

    def event(self, session, offset):
        """Return whether the message at this offset is dispatched."""
        return bool(receive(session, "notification", channel=self.NEWS, offset=offset))

    def resubscribe_payload(self, session):
        """Return the payload of the subscription on the next connection."""
        session.on_close(1006, "", T0)
        session.on_connecting(T0)
        session.on_open(T0)
        receive(session, "auth_success", {"user_id": "olena"})
        return dict(sent(session))["subscribe"]

    @pytest.fixture
    def session(self):
        session = signed_in()
        session.subscribe(self.NEWS, SubscriptionOptions(recoverable=True))
        assert sent(session) == [("subscribe", {"channel": self.NEWS, "recoverable": True})]
        return session

    def test_recovers_from_the_last_handled_message(self, session):
        self.subscribed(session, 7)
        assert [self.event(session, offset) for offset in (8, 9)] == [True, True]

        since = {"epoch": "e", "offset": 9}
        assert self.resubscribe_payload(session) == {
            "channel": self.NEWS, "recoverable": True, "since": since
        }  # fmt: skip

    def test_recovers_from_its_start_if_nothing_was_received(self, session):
        self.subscribed(session, 7)

        assert self.resubscribe_payload(session)["since"] == {"epoch": "e", "offset": 7}

    def test_keeps_its_position_if_the_connection_breaks_during_recovery(self, session):
        self.subscribed(session, 7)
        self.resubscribe_payload(session)
        self.subscribed(session, 12, recovered=True)
        self.event(session, 8)

        assert self.resubscribe_payload(session)["since"] == {"epoch": "e", "offset": 8}

    def test_keeps_its_position_in_an_epoch_that_continues_the_one_before(self, session):
        self.subscribed(session, 7)
        self.resubscribe_payload(session)
        self.subscribed(session, 12, epoch="f", recovered=True)
        self.event(session, 8)

        assert self.resubscribe_payload(session)["since"] == {"epoch": "f", "offset": 8}

    def test_calls_the_handlers_once_for_each_message(self, session):
        self.subscribed(session, 7)

        assert [self.event(session, n) for n in (8, 8, 9, 7, 10)] == [
            True, False, True, False, True
        ]  # fmt: skip

    def test_dispatches_the_newest_message_it_requested(self, session):
        self.subscribed(session, 7)

        assert self.event(session, 7)

    def test_dispatches_a_gap_when_messages_are_lost(self, session):
        self.subscribed(session, 7)
        self.event(session, 8)

        assert gap_channels(self.subscribed(session, 12, recovered=True)) == []
        assert gap_channels(self.subscribed(session, 20, recovered=False)) == [self.NEWS]
        assert self.resubscribe_payload(session)["since"] == {"epoch": "e", "offset": 20}

    def test_drops_its_position_in_another_epoch(self, session):
        self.subscribed(session, 7)
        self.event(session, 8)

        assert gap_channels(self.subscribed(session, 0, epoch="f", recovered=False)) == [self.NEWS]
        assert self.event(session, 1)
        assert self.resubscribe_payload(session)["since"] == {"epoch": "f", "offset": 1}

    @pytest.mark.parametrize("how", ["left", "lost"])
    def test_drops_its_position_after_unsubscribing(self, session, how):
        self.subscribed(session, 7)
        if how == "left":
            session.unsubscribe(self.NEWS)
        else:
            receive(session, "unsubscribed", {"channel": self.NEWS})
        session.subscribe(self.NEWS, SubscriptionOptions(recoverable=True))

        assert "since" not in self.resubscribe_payload(session)

    def test_is_requested_again_with_other_options(self, session):
        session.subscribe(self.NEWS, SubscriptionOptions(recoverable=True))
        session.subscribe(self.NEWS, SubscriptionOptions(last=True))

        assert sent(session) == [("subscribe", {"channel": self.NEWS, "last": True})]

    def test_drops_its_position_when_it_becomes_plain(self, session):
        self.subscribed(session, 7)
        session.subscribe(self.NEWS)
        session.subscribe(self.NEWS, SubscriptionOptions(recoverable=True))

        assert "since" not in sent(session)[-1][1]

    def test_covers_the_users_own_channel_when_signing_in_with_a_message(self):
        session = opened(recover_user_channel=True)
        session.sign_in("t1")
        ((_, first),) = sent(session)
        place = {"user_id": "olena", "epoch": "e", "offset": 7}
        receive(session, "auth_success", place, "client-1")
        receive(session, "notification", channel="user:olena", offset=8)
        session.on_close(1006, "", T0)
        session.on_open(T0)
        session.sign_in("t2")

        assert first == {"token": "t1", "recoverable": True}
        assert sent(session) == [
            ("auth", {"token": "t2", "recoverable": True, "since": {"epoch": "e", "offset": 8}})
        ]
        assert gap_channels(receive(session, "auth_success", place | {"recovered": False})) == [
            "user:olena"
        ]


class TestTheToken:
    def test_rejected_at_sign_in_is_reported_and_not_retried_on_this_connection(self):
        session = opened()
        session.send("one", None)

        effects = receive(session, "auth_error", {"error": "Invalid"})

        assert [type(effect) for effect in effects] == [DispatchMessage]
        assert session.auth_error == "Invalid"
        assert sent(session) == []

    def test_that_expires_is_refreshed(self):
        session = signed_in()

        effects = receive(session, "auth_error", {"error": "Expired"})
        session.sign_in("fresh")

        assert [type(effect) for effect in effects] == [DispatchMessage, RefreshToken]
        assert sent(session) == [("auth", {"token": "fresh"})]

    def test_is_not_refreshed_again_at_once_after_a_rejected_refresh(self):
        session = signed_in()
        receive(session, "auth_error", {"error": "Expired"})
        session.sign_in("stale")
        (asked,) = frames(session)

        effects = receive(session, "auth_error", {"error": "Expired"}, asked["id"])

        assert [type(effect) for effect in effects] == [DispatchMessage]
        assert session.status(T0).signed_in

    def test_is_refreshed_once_however_often_the_server_reports_expiry(self):
        session = signed_in()
        receive(session, "auth_error", {"error": "Expired"})
        session.sign_in("fresh")

        assert RefreshToken() not in receive(session, "auth_error", {"error": "Expired"})

    @pytest.mark.parametrize(("lives", "renewed_after"), [(3600, 3540), (60, 30), (10, 5)])
    def test_is_refreshed_before_it_expires(self, lives, renewed_after):
        session = opened(ping_interval_s=10_000, server_timeout_s=10_000)
        receive(session, "auth_success", {"expires_at": iso(T0 + lives)})

        assert session.next_tick_at == pytest.approx(T0 + renewed_after)
        assert session.tick(T0 + renewed_after - 1) == []
        assert session.tick(T0 + renewed_after) == [RefreshToken()]
        assert session.tick(T0 + renewed_after) == []

    def test_that_never_changes_is_not_refreshed_repeatedly(self):
        session = opened(ping_interval_s=10_000, server_timeout_s=10_000)
        receive(session, "auth_success", {"expires_at": iso(T0 + 60)})
        session.tick(T0 + 30)

        receive(session, "auth_success", {"expires_at": iso(T0 + 60)}, at=T0 + 30)

        assert session.tick(T0 + 59) == []

    def test_fetched_too_late_is_not_sent_on_the_next_connection(self):
        session = signed_in()
        session.on_close(1006, "", T0)
        session.sign_in("late")

        session.on_open(T0 + 1)

        assert sent(session) == []

    @pytest.mark.parametrize("expires_at", [None, 7, "soon"])
    def test_without_a_known_expiry_is_not_refreshed(self, expires_at):
        session = opened(ping_interval_s=100, server_timeout_s=200)

        receive(session, "auth_success", {"expires_at": expires_at})

        assert session.next_tick_at == T0 + 100


class TestTheServerWatchdog:
    def test_is_pinged_after_20_seconds(self):
        session = signed_in()
        session.tick(T0 + 19.9)
        assert sent(session) == []
        assert session.next_tick_at == T0 + 20

        session.tick(T0 + 20)

        assert [type for type, _ in sent(session)] == ["ping"]

    def test_times_out_after_30_seconds(self):
        session = signed_in()
        session.tick(T0 + 20)
        assert session.next_tick_at == T0 + 30
        assert session.tick(T0 + 29.9) == []

        assert [type(effect) for effect in session.tick(T0 + 30)] == [DropConnection]

    def test_is_pinged_while_signing_in_too(self):
        session = opened()

        session.tick(T0 + 20)

        assert [type for type, _ in sent(session)] == ["ping"]

    @pytest.mark.parametrize(
        "sign", [lambda s, at: s.on_activity(at), lambda s, at: receive(s, "notification", at=at)]
    )
    def test_any_frame_counts_as_activity(self, sign):
        session = signed_in()

        sign(session, T0 + 15)

        assert session.tick(T0 + 44.9) == []
        assert [type(effect) for effect in session.tick(T0 + 45)] == [DropConnection]

    def test_pongs_are_measured_and_not_dispatched(self):
        session = signed_in()
        session.tick(T0 + 20)
        (ping,) = frames(session)

        assert receive(session, "pong", None, ping["id"], at=T0 + 20.25) == []

        assert session.status(T0 + 21).round_trip_ms == pytest.approx(250)

    def test_a_pending_ping_is_not_sent_on_the_next_connection(self):
        session = signed_in()
        session.tick(T0 + 20)
        session.on_close(1006, "", T0 + 20)

        session.on_open(T0 + 21)

        assert sent(session) == []

    def test_the_timeout_starts_again_on_every_connection(self):
        session = signed_in()
        session.on_close(1006, "", T0 + 25)
        session.on_open(T0 + 40)

        assert session.tick(T0 + 59) == []
        assert session.next_tick_at == T0 + 60


class TestReconnecting:
    def test_backs_off_further_after_each_failure_and_never_stops(self):
        session = new()
        session.start(T0)

        waits = [wait_after(session, 1006, T0) for _ in range(12)]

        assert waits == [0.5, 1, 2, 4, 8, 16, 20, 20, 20, 20, 20, 20]
        assert session.status(T0).attempt == 12

    def test_resets_the_backoff_after_sign_in(self):
        session = new()
        session.start(T0)
        for _ in range(5):
            wait_after(session, 1006, T0)
        session.on_open(T0)
        assert session.status(T0).attempt == 5
        receive(session, "auth_success")

        assert session.status(T0).attempt == 0
        assert wait_after(session, 1006, T0) == 0.5

    def test_resets_the_backoff_after_five_seconds_without_a_token(self):
        session = new(has_token=False)
        session.start(T0)
        for _ in range(5):
            wait_after(session, 1006, T0)

        session.on_open(T0)
        assert wait_after(session, 1006, T0 + 4.9) == 16
        session.on_open(T0)
        assert wait_after(session, 1006, T0 + 5) == 0.5

    @pytest.mark.parametrize("code", [1001, 1006, 4100, 4200])
    def test_backs_off_from_a_server_that_accepts_and_closes(self, code):
        session = new()
        session.start(T0)
        waits = []
        for _ in range(4):
            session.on_open(T0)
            waits.append(wait_after(session, code, T0))

        assert waits == [0.5, 1, 2, 4]

    def test_backs_off_further_when_closed_with_41xx_right_after_sign_in(self):
        session = new()
        session.start(T0)
        waits = []
        for _ in range(4):
            session.on_open(T0)
            receive(session, "auth_success")
            waits.append(wait_after(session, 4102, T0 + 1))

        assert waits == [0.5, 1, 2, 4]

    def test_counts_failures_after_a_stable_connection(self):
        session = signed_in()

        waits = [wait_after(session, 1006, T0 + second) for second in range(4)]

        assert waits == [0.5, 1, 2, 4]

    def test_does_not_count_an_immediate_reconnect(self):
        session = signed_in()

        assert wait_after(session, 1001, T0) == 0.5
        assert session.status(T0).attempt == 0

    @pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 1012, 4100, 4103, 4199, 4200])
    def test_happens_after_these_codes(self, code):
        assert wait_after(signed_in(), code, T0) is not None

    @pytest.mark.parametrize("code", [1002, 1003, 1007, 1009, 4000, 4001, 4003, 4099])
    def test_does_not_happen_after_these_codes(self, code):
        session = signed_in()

        assert wait_after(session, code, T0) is None

        assert session.is_closed
        assert session.next_tick_at is None
        with pytest.raises(ConnectionLost):
            session.request("ping", None)

    @pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
    def test_happens_after_a_rejected_handshake(self, status):
        session = new()
        session.start(T0)

        session.on_handshake_rejected(status, T0)

        assert session.status(T0).retry_at == T0 + 0.5
        assert session.status(T0).close_reason == f"HTTP {status}"

    def test_does_not_happen_after_a_forbidden_handshake(self):
        session = new()
        session.start(T0)

        session.on_handshake_rejected(403, T0)

        assert session.is_closed


class TestTheStatus:
    def test_has_the_state_and_when_it_began(self):
        session = new()
        seen = [session.status(T0)]
        session.start(T0 + 1)
        seen.append(session.status(T0 + 1))
        session.on_open(T0 + 2)
        seen.append(session.status(T0 + 2))
        session.on_close(4100, "Slow consumer", T0 + 3)
        seen.append(session.status(T0 + 3))
        session.stop(T0 + 4)
        seen.append(session.status(T0 + 4))

        states = [
            ConnectionState.CLOSED,
            ConnectionState.CONNECTING,
            ConnectionState.OPEN,
            ConnectionState.BACKOFF,
            ConnectionState.CLOSED,
        ]
        assert [status.state for status in seen] == states
        assert [status.since - T0 for status in seen] == [0, 1, 2, 3, 4]
        assert (seen[3].close_code, seen[3].close_reason) == (4100, "Slow consumer")
        assert seen[3].retry_at == T0 + 3.5

    def test_keeps_the_last_close_until_the_next_connection_is_open(self):
        session = signed_in()
        session.on_close(4100, "Slow consumer", T0)
        session.on_connecting(T0 + 1)
        assert session.status(T0 + 1).close_code == 4100

        session.on_open(T0 + 2)

        assert session.status(T0 + 2).close_code is None


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"payload":{}}', b'{"type":7}', b"\xff"])
def test_a_frame_that_is_no_message_only_counts_as_activity(text):
    session = signed_in()

    assert session.on_text(text, T0 + 10) == []
    assert session.tick(T0 + 39) == []


def test_unexpected_field_types_are_dispatched_unchanged():
    session = signed_in()

    text = b'{"type":"error","payload":[1],"id":{}}'
    (dispatch,) = session.on_text(text, T0)

    assert dispatch == DispatchMessage({"type": "error", "payload": [1], "id": {}}, text)


def iso(at):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).isoformat()
