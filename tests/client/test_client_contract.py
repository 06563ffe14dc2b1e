"""A ShopWebSocket, with threads and with asyncio alike, against a real server."""

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from client.errors import (
    AuthenticationFailed,
    ConnectionLost,
    QueueFull,
    RequestRejected,
    RequestTimedOut,
)
from client.sans_io.connection_state import ConnectionState


def test_signs_in_with_the_token_in_the_url(client, shop):
    client.connect(5)

    assert shop.wait_for_connection().token == "secret-1"
    assert client.status.state is ConnectionState.OPEN
    assert client.status.signed_in


def test_without_a_token_is_ready_when_open(make_client, shop):
    client = make_client()

    client.connect(5)

    assert shop.wait_for_connection().token is None
    assert not client.status.signed_in
    assert client.request("ping")["type"] == "pong"


def test_connecting_twice_opens_one_connection(client, shop):
    client.connect(5)
    client.connect(5)
    client.request("ping")

    assert len(shop.connections) == 1


def test_calls_handlers_with_payloads_and_the_wildcard_with_messages(client, shop, inbox):
    client.on("cart_update", inbox)
    client.on("*", inbox)
    client.connect(5)
    inbox.next()  # auth_success, by the wildcard

    shop.push_text('{"type":"cart_update","payload":{"total":1500.10},"timestamp":"now"}')

    assert inbox.next() == {"total": Decimal("1500.10")}
    assert inbox.next()["timestamp"] == "now"


def test_an_exception_in_a_handler_does_not_affect_the_others(client, shop, inbox, caplog):
    def fail(payload):
        raise ZeroDivisionError

    client.on("notification", fail)
    client.on("notification", inbox)
    client.connect(5)

    shop.push("notification", {"id": "n1"})

    assert inbox.next() == {"id": "n1"}
    assert client.request("ping")["type"] == "pong"
    assert "Unhandled exception in a handler of notification" in caplog.text


@pytest.mark.parametrize(
    "payload", ['{ "n" :\t1e5,\r\n"n": 1E+5, "t":"\\u0416\\/" }', "{}", "[1]", "null"]
)
def test_hands_a_raw_handler_the_payload_byte_for_byte(client, shop, inbox, payload):
    client.on_raw("cart_update", inbox)
    client.connect(5)

    shop.push_text(f'{{"type":"cart_update", "payload" : {payload} ,"timestamp":"now"}}')

    assert inbox.next() == payload.encode()


def test_hands_a_raw_handler_an_empty_payload_where_there_is_none(client, shop, inbox):
    client.on_raw("cart_update", inbox)
    client.connect(5)

    shop.push_text('{"type":"cart_update"}')

    assert inbox.next() == b"{}"


def test_calls_a_removed_raw_handler_no_more(client, shop, inbox):
    uncalled = []
    remove = client.on_raw("notification", uncalled.append)
    client.on_raw("cart_update", uncalled.append)
    client.on_raw("notification", inbox)
    remove()
    client.off("cart_update")
    client.connect(5)

    shop.push("cart_update", {})
    shop.push("notification", {"id": "n1"})

    assert inbox.next() == b'{"id":"n1"}'
    assert uncalled == []


def test_calls_a_removed_handler_no_more(client, shop, inbox):
    uncalled = []
    remove = client.on("notification", uncalled.append)
    client.on("cart_update", uncalled.append)
    client.on("notification", inbox)
    remove()
    client.off("cart_update")
    client.connect(5)

    shop.push("cart_update", {})
    shop.push("notification", {"id": "n1"})

    assert inbox.next() == {"id": "n1"}
    assert uncalled == []


def test_ignores_frames_that_are_no_messages(client, shop):
    client.connect(5)

    for text in ("{", "[]", '{"type":7}', '{"type":"error","payload":[],"id":{}}'):
        shop.push_text(text)

    assert client.request("ping")["type"] == "pong"
    assert len(shop.connections) == 1


def test_accepts_a_message_of_a_megabyte(client, shop, inbox):
    client.on("traffic", inbox)
    client.connect(5)

    shop.push("traffic", {"filler": "ї" * (1 << 19)})

    assert len(inbox.next()["filler"]) == 1 << 19


class TestARequest:
    def test_returns_the_reply_with_its_id(self, client, shop):
        client.connect(5)

        reply = client.request("subscribe", {"channel": "public:news"})

        assert reply["type"] == "subscribed"
        assert reply["id"] == shop.wait_for_message("subscribe")["id"]

    def test_that_is_rejected_raises_the_error(self, client):
        client.connect(5)

        with pytest.raises(RequestRejected) as refused:
            client.request("dance")

        assert refused.value.code == "unknown_type"
        assert refused.value.message == "Unknown message type"

    def test_without_a_reply_times_out(self, client):
        client.connect(5)

        with pytest.raises(RequestTimedOut, match="chat_message"):
            client.request("chat_message", {"content": "?"}, timeout=0.05)

    def test_that_timed_out_while_queued_is_never_sent(self, client, shop):
        shop.is_mute = True
        client.connect()
        with pytest.raises(RequestTimedOut):
            client.request("chat_message", {"content": "too late"}, timeout=0.05)

        shop.sign_in()
        client.request("ping")

        assert shop.connections[0].sent("chat_message") == []

    def test_fails_at_once_when_the_connection_closes(self, client, shop):
        client.connect(5)

        with ThreadPoolExecutor(1) as other:
            asked = other.submit(client.request, "chat_message", {"content": "?"}, timeout=60)
            shop.wait_for_message("chat_message")
            shop.close(1011, "crashed")

            with pytest.raises(ConnectionLost, match="crashed"):
                asked.result(10)

    def test_fails_while_the_client_is_stopped(self, client):
        with pytest.raises(ConnectionLost):
            client.request("ping")


class TestDisconnecting:
    def test_sends_a_close_frame(self, client, shop):
        client.connect(5)

        client.disconnect()

        shop.wait(lambda: shop.connections[0].code == 1000)
        assert client.status.state is ConnectionState.CLOSED

    def test_sends_queued_messages_first(self, client, shop):
        client.connect(5)

        for number in range(100):
            client.send("note", {"number": number})
        client.disconnect()

        shop.wait(lambda: shop.connections[0].code is not None)
        sent = [message["payload"]["number"] for message in shop.connections[0].sent("note")]
        assert sent == list(range(100))

    def test_twice_or_before_connecting_is_no_error(self, client):
        client.disconnect()
        client.connect(5)
        client.disconnect()
        client.disconnect()

        assert client.status.state is ConnectionState.CLOSED

    def test_may_be_followed_by_another_connect(self, client, shop):
        client.subscribe("order:ord_1")
        client.connect(5)
        client.disconnect()

        client.connect(5)

        shop.wait_for_message("subscribe", shop.wait_for_connection(2))

    def test_ends_the_backoff(self, make_client, tokens, shop):
        client = make_client(tokens, rng=Always(20.0))
        shop.statuses.append(503)
        client.connect()
        until(lambda: client.status.state is ConnectionState.BACKOFF)

        client.disconnect()

        assert client.status.state is ConnectionState.CLOSED


class TestSubscriptions:
    def test_are_requested_after_sign_in(self, client, shop):
        client.subscribe("order:ord_1")
        client.subscribe("order:ord_1")
        client.connect(5)
        client.subscribe("public:news")
        client.request("ping")

        assert shop.connections[0].channels == ["order:ord_1", "public:news"]

    def test_are_restored_after_a_reconnect(self, client, shop):
        client.connect(5)
        for channel in ("order:ord_1", "public:news", "order:ord_2"):
            client.subscribe(channel)
        client.unsubscribe("public:news")
        client.request("ping")

        shop.close(1001)
        second = shop.wait_for_connection(2)
        client.connect(5)
        client.request("ping")

        assert second.channels == ["order:ord_1", "order:ord_2"]

    def test_that_are_forbidden_are_not_requested_again(self, client, shop, inbox):
        shop.forbidden.add("order:foreign")
        client.on("error", inbox)
        client.subscribe("order:foreign")
        client.connect(5)
        assert inbox.next()["code"] == "forbidden"

        shop.close(1001)
        second = shop.wait_for_connection(2)
        client.connect(5)
        client.request("ping")

        assert second.channels == []

    def test_removed_while_offline_are_not_requested(self, client, shop):
        client.subscribe("order:ord_1")
        client.unsubscribe("order:ord_1")
        client.connect(5)
        client.request("ping")

        assert [message["type"] for message in shop.connections[0].messages] == ["ping"]


class TestTheQueue:
    def test_is_flushed_only_once_signed_in(self, client, shop):
        shop.is_mute = True
        client.send("note", {"number": 1})
        client.connect()
        shop.wait_for_connection()
        client.send("note", {"number": 2})
        assert shop.connections[0].messages == []

        shop.sign_in()
        client.subscribe("public:news")
        client.request("ping")

        sent = [message["payload"].get("number") for message in shop.connections[0].sent("note")]
        assert sent == [1, 2]

    def test_rejects_messages_over_its_limit(self, make_client, tokens, shop):
        client = make_client(tokens, queue_limit=2)
        client.send("note", {"number": 1})
        client.send("note", {"number": 2})

        with pytest.raises(QueueFull):
            client.send("note", {"number": 3})

        client.connect(5)
        client.request("ping")
        assert len(shop.connections[0].sent("note")) == 2


class TestAfterAClose:
    @pytest.mark.parametrize("code", [1000, 1001, 1011, 4100, 4103, 4200])
    def test_reconnects_with_a_fresh_token(self, client, shop, code):
        client.connect(5)

        shop.close(code)

        assert shop.wait_for_connection(2).token == "secret-2"
        client.connect(5)

    def test_reconnects_after_a_close_without_a_close_frame(self, client, shop):
        client.connect(5)

        shop.break_off()

        shop.wait_for_connection(2)
        client.connect(5)

    @pytest.mark.parametrize("code", [1003, 1007, 1009, 4001, 4003])
    def test_does_not_reconnect_after_these_codes(self, client, shop, code):
        client.connect(5)

        shop.close(code, "and stay out")
        until(lambda: client.status.state is ConnectionState.CLOSED)

        assert (client.status.close_code, client.status.close_reason) == (code, "and stay out")
        with pytest.raises(ConnectionLost, match="and stay out"):
            client.request("ping")
        assert len(shop.connections) == 1

    def test_does_not_reconnect_after_a_forbidden_handshake(self, client, shop):
        shop.statuses.append(403)

        with pytest.raises(ConnectionLost, match="HTTP 403"):
            client.connect(5)

        assert client.status.state is ConnectionState.CLOSED

    def test_reconnects_to_a_server_at_capacity(self, client, shop):
        shop.statuses.extend([503, 503])

        client.connect(5)

        assert [connection.token for connection in shop.connections] == [
            "secret-1",
            "secret-2",
            "secret-3",
        ]

    def test_can_be_connected_again_after_such_a_code(self, client, shop):
        shop.statuses.append(403)
        with pytest.raises(ConnectionLost):
            client.connect(5)

        client.connect(5)

        assert client.status.signed_in


class TestTheToken:
    def test_is_requested_again_when_its_source_fails(self, client, shop, tokens, caplog):
        tokens.failures = 2

        client.connect(5)

        assert [connection.token for connection in shop.connections] == ["secret-1"]
        assert "RuntimeError" in caplog.text
        assert "secret" not in caplog.text

    def test_that_is_rejected_leaves_the_connection_open(self, client, shop, inbox):
        shop.bad_tokens.add("secret-1")
        client.on("auth_error", inbox)

        with pytest.raises(AuthenticationFailed, match="Invalid or expired token"):
            client.connect(5)

        assert inbox.next() == {"error": "Invalid or expired token"}
        assert client.status.state is ConnectionState.OPEN
        assert not client.status.signed_in
        shop.close(1001)
        assert shop.wait_for_connection(2).token == "secret-2"
        client.connect(5)

    def test_that_expires_is_replaced_without_a_reconnect(self, client, shop):
        client.connect(5)

        shop.push("auth_error", {"error": "Token expired"})

        assert shop.wait_for_message("auth")["payload"] == {"token": "secret-2"}
        client.request("ping")
        assert len(shop.connections) == 1
        assert client.status.signed_in

    def test_is_replaced_before_it_expires(self, client, shop):
        shop.expires_at = time.time() + 0.2

        client.connect(5)

        assert shop.wait_for_message("auth")["payload"] == {"token": "secret-2"}

    def test_is_never_logged(self, client, shop, caplog):
        caplog.set_level("DEBUG")
        shop.statuses.extend([503, 400])
        client.connect(5)
        shop.break_off()
        shop.wait_for_connection(4)
        client.connect(5)
        client.disconnect()
        shop.stop()
        with pytest.raises(TimeoutError):
            client.connect(0.2)

        ours = [record for record in caplog.records if not record.name.startswith("aiohttp.access")]
        assert "Disconnected" in caplog.text
        assert not [record for record in ours if "secret" in record.getMessage()]


class TestTheServerWatchdog:
    def test_is_pinged_and_then_times_out(self, make_client, tokens, shop):
        client = make_client(tokens, ping_interval_s=0.05, server_timeout_s=0.3)
        client.connect(5)

        shop.is_mute = True

        shop.wait_for_message("ping")
        shop.wait_for_connection(2)

    def test_does_not_time_out_while_it_pings(self, make_client, shop):
        client = make_client(ping_interval_s=60, server_timeout_s=1.0)
        client.connect(5)

        started = time.monotonic()
        answered = 0
        while time.monotonic() - started < 1.3:
            shop.ping()
            answered += 1
            shop.wait(lambda wanted=answered: shop.connections[0].pongs >= wanted)

        assert len(shop.connections) == 1

    def test_round_trips_are_measured(self, make_client, shop):
        client = make_client(ping_interval_s=0.05)
        client.connect(5)

        until(lambda: client.status.round_trip_ms is not None)

        assert client.status.round_trip_ms > 0


class Always:
    """Draws one and the same wait."""

    def __init__(self, seconds):
        self._time_axis = seconds

    def uniform(self, a, b):
        return self._time_axis


def until(condition):
    """Wait for something that nothing tells of."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def test_calls_handlers_of_gap_when_messages_are_lost(client, shop, inbox):
    client.on("gap", inbox)
    client.subscribe("order:1", recoverable=True)
    client.connect(5)
    shop.wait_for_message("subscribe")
    shop.break_off()

    assert inbox.next() == {"channel": "order:1"}
    again = shop.wait_for_message("subscribe", shop.connections[1])
    assert again["payload"]["since"] == {"epoch": "e", "offset": 7}


def test_requests_the_newest_message_on_every_connection(client, shop):
    client.subscribe("order:1", last=True)
    client.connect(5)
    shop.wait_for_message("subscribe")
    shop.break_off()

    again = shop.wait_for_message("subscribe", shop.wait_for_connection(2))
    assert again["payload"] == {"channel": "order:1", "last": True}


def test_signs_in_by_message_to_recover_the_users_own_channel(make_client, tokens, shop, inbox):
    client = make_client(tokens, recoverable=True)
    client.on("gap", inbox)
    client.connect(5)
    asked = shop.wait_for_message("auth")
    shop.break_off()

    assert shop.connections[0].token is None
    assert asked["payload"] == {"token": "secret-1", "recoverable": True}
    assert inbox.next() == {"channel": "user:olena"}
    again = shop.wait_for_message("auth", shop.connections[1])
    assert again["payload"]["since"] == {"epoch": "e", "offset": 7}


class TestTheFrameCallback:
    def test_is_called_with_every_frame_of_both_directions_in_order(self, make_client, shop):
        seen = []
        client = make_client(on_frame=lambda way, text: seen.append((str(way), text)))
        client.connect(5)

        client.request("ping")
        shop.push_text('{"type":7}')
        client.request("ping")

        assert [way for way, _ in seen] == ["sent", "received", "received", "sent", "received"]
        assert seen[2] == ("received", b'{"type":7}')

    def test_an_exception_in_it_is_logged_without_its_text(self, make_client, shop, caplog):
        def fail(way, text):
            raise ValueError("secret")

        client = make_client(on_frame=fail)
        client.connect(5)

        assert client.request("ping")["type"] == "pong"
        assert "The frame callback raised ValueError" in caplog.text
        assert "secret" not in caplog.text
