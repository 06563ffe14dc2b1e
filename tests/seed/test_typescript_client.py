"""The TypeScript client of the specification works with the server, unmodified."""

import hashlib
import json
import signal
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("seed")  # one compilation and one server for all

SOURCE = Path(__file__).parent / "lib" / "websocket.ts"
SHA256 = "22e68c43216ba2e1bc95375e6496ed7f45dab708e78509f4dae05517c6ed91bb"

ORDER_UPDATE = {
    "order_id": "ord_123",
    "status": "shipped",
    "previous_status": "processing",
    "tracking_number": "UA123456789",
    "tracking_url": "https://novaposhta.ua/track/UA123456789",
    "updated_at": "2024-01-15T10:30:00Z",
}
NOTIFICATION = {
    "id": "notif_123",
    "title": "Замовлення відправлено",
    "body": "Ваше замовлення #ORD-001 відправлено",
    "action_url": "/orders/ord_123",
    "icon": "truck",
    "priority": "normal",
    "created_at": "2024-01-15T10:30:00Z",
}
CART_UPDATE = {
    "action": "item_added",
    "cart": {"id": "cart_123", "item_count": 3, "total": 1500.00},
    "item": {"product_id": "prod_456", "name": "iPhone 15", "quantity": 1},
}
INVENTORY_ALERT = {
    "product_id": "prod_123",
    "product_name": "iPhone 15",
    "sku": "IPH15-BLK-128",
    "current_quantity": 5,
    "threshold": 10,
    "alert_type": "low_stock",
    "location": "warehouse_main",
}


def subscribe(client, channel):
    """Subscribe and wait for the reply."""
    client.on("subscribed")
    client.subscribe(channel)
    assert client.next("subscribed") == {"channel": channel}


def test_the_source_is_the_one_of_the_specification():
    assert hashlib.sha256(SOURCE.read_bytes()).hexdigest() == SHA256


def test_the_source_compiles_in_strict_mode(compiled):
    assert compiled.is_file()


# Signing in


def test_a_token_in_the_query_signs_in(server, open_client, token):
    client = open_client(server, token=token("olena"))
    client.on("auth_success")

    client.connect()

    assert client.next("auth_success")["user_id"] == "olena"


def test_an_auth_message_signs_in(server, open_client, publish, token):
    client = open_client(server)
    for type_ in ("auth_success", "notification"):
        client.on(type_)
    client.connect()

    client.send("auth", {"token": token("olena")})

    assert client.next("auth_success")["user_id"] == "olena"
    publish(server, "notification", NOTIFICATION, user="olena")
    assert client.next("notification") == NOTIFICATION


def test_an_invalid_token_gets_auth_error_and_a_valid_one_may_follow(server, open_client, token):
    client = open_client(server, token="invalid")
    for type_ in ("auth_error", "auth_success"):
        client.on(type_)

    client.connect()
    assert client.next("auth_error") == {"error": "Invalid or expired token"}
    client.send("auth", {"token": token("olena")})

    assert client.next("auth_success")["user_id"] == "olena"


def test_the_singleton_connects_to_the_address_in_the_environment(server, open_singleton, token):
    client = open_singleton(server, token("olena"))
    client.on("auth_success")

    client.connect()

    assert client.next("auth_success")["user_id"] == "olena"


# Channels


def test_a_customer_subscribes_to_an_order_of_their_own(server, sign_in, place_order):
    place_order(server, "ord_own", "olena")
    client = sign_in(server, "olena")
    client.on("subscribed")

    client.subscribe("order:ord_own")

    assert client.next("subscribed") == {"channel": "order:ord_own"}


@pytest.mark.parametrize("channel", ["order:ord_foreign", "user:taras", "tenant:shop", "tenant:x"])
def test_a_channel_of_somebody_else_is_forbidden(server, sign_in, place_order, channel):
    place_order(server, "ord_foreign", "taras")
    client = sign_in(server, "olena")
    client.on("error")

    client.subscribe(channel)

    assert client.next("error") == {"code": "forbidden", "message": "Cannot access this channel"}


def test_nothing_is_received_from_a_channel_after_unsubscribing(
    server, sign_in, place_order, publish
):
    place_order(server, "ord_123", "olena")
    client = sign_in(server, "olena")
    subscribe(client, "order:ord_123")
    for type_ in ("unsubscribed", "order_update", "notification"):
        client.on(type_)

    client.unsubscribe("order:ord_123")
    assert client.next("unsubscribed") == {"channel": "order:ord_123"}
    publish(server, "order_update", ORDER_UPDATE, channel="order:ord_123")
    publish(server, "notification", NOTIFICATION, user="olena")

    assert client.next("notification") == NOTIFICATION


# Events


def test_order_update_is_received_by_the_owner(server, sign_in, place_order, publish):
    place_order(server, "ord_123", "olena")
    client = sign_in(server, "olena")
    subscribe(client, "order:ord_123")
    client.on("order_update")

    publish(server, "order_update", ORDER_UPDATE, channel="order:ord_123")

    assert client.next("order_update") == ORDER_UPDATE


@pytest.mark.parametrize(
    ("type_", "payload"),
    [("notification", NOTIFICATION), ("cart_update", CART_UPDATE)],
    ids=["notification", "cart_update"],
)
def test_an_event_of_a_user_is_received_without_a_subscription(
    server, sign_in, publish, type_, payload
):
    client = sign_in(server, "olena")
    client.on(type_)

    publish(server, type_, payload, user="olena")

    assert client.next(type_) == payload


def test_an_announcement_is_received_without_signing_in(server, open_client, publish):
    client = open_client(server)
    client.connect()
    subscribe(client, "public:announcements")
    client.on("notification")

    publish(server, "notification", NOTIFICATION, channel="public:announcements")

    assert client.next("notification") == NOTIFICATION


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_new_order_and_inventory_alert_are_received_by_the_staff(
    server, sign_in, place_order, publish, role
):
    client = sign_in(server, "iryna", role)
    subscribe(client, "tenant:shop")
    for type_ in ("new_order", "inventory_alert"):
        client.on(type_)

    order = place_order(server, "ord_new", "olena")
    publish(server, "inventory_alert", INVENTORY_ALERT, channel="tenant:shop")

    assert client.next("new_order") == {"order": order}
    assert client.next("inventory_alert") == INVENTORY_ALERT


def test_chat_message_goes_both_ways(server, sign_in):
    customer, agent = sign_in(server, "marko"), sign_in(server, "iryna", "agent")
    subscribe(agent, "tenant:shop")
    for client in (customer, agent):
        client.on("chat_message")

    customer.send("chat_message", {"content": "Коли відправите?"})
    question = agent.next("chat_message")
    conversation = question["conversation_id"]
    agent.send("chat_message", {"conversation_id": conversation, "content": "Сьогодні"})
    answer = agent.next("chat_message")

    assert question["message"]["sender_id"] == "marko"
    assert question["message"]["content"] == "Коли відправите?"
    assert answer["message"]["sender_id"] == "iryna"
    assert answer["conversation_id"] == conversation
    assert customer.next("chat_message") == question
    assert customer.next("chat_message") == answer


# Handlers


def test_every_handler_of_a_type_is_called_until_it_is_removed(server, sign_in, publish):
    client = sign_in(server, "olena")
    for handler in ("first", "second", "third"):
        client.on("notification", handler)

    publish(server, "notification", NOTIFICATION, user="olena")
    for handler in ("first", "second", "third"):
        assert client.next(handler) == NOTIFICATION

    client.remove("first")  # the function that `on` returned
    client.off("notification", "second")
    publish(server, "notification", NOTIFICATION, user="olena")
    assert client.next("third") == NOTIFICATION

    client.off("notification")
    client.on("cart_update")
    publish(server, "notification", NOTIFICATION, user="olena")
    publish(server, "cart_update", CART_UPDATE, user="olena")
    assert client.next("cart_update") == CART_UPDATE


def test_a_wildcard_handler_receives_the_whole_message(server, sign_in, publish):
    client = sign_in(server, "olena")
    client.on("*")

    publish(server, "notification", NOTIFICATION, user="olena")
    client.send("ping", {}, "p1")

    event, reply = client.next("*"), client.next("*")
    assert event.pop("timestamp")
    assert event == {"type": "notification", "payload": NOTIFICATION}
    assert reply.pop("timestamp")
    assert reply == {"type": "pong", "id": "p1"}


# The queue, reconnecting and closing


def test_what_is_sent_before_connecting_is_sent_once_connected(
    server, open_client, place_order, token
):
    place_order(server, "ord_queued", "olena")
    client = open_client(server)
    for type_ in ("auth_success", "subscribed"):
        client.on(type_)

    client.send("auth", {"token": token("olena")})
    client.subscribe("order:ord_queued")
    client.connect()

    assert client.next("auth_success")["user_id"] == "olena"
    assert client.next("subscribed") == {"channel": "order:ord_queued"}


@pytest.mark.parametrize(
    ("with_signal", "code"),
    [(signal.SIGKILL, 1006), (signal.SIGTERM, 1001)],
    ids=["killed", "stopped"],
)
def test_a_client_reconnects_to_a_restarted_server_and_sends_what_was_queued(
    sign_in, launch_server, place_order, publish, with_signal, code
):
    server = launch_server()
    place_order(server, "ord_123", "olena")
    client = sign_in(
        server, "olena", reconnect=True, reconnectInterval=100, maxReconnectAttempts=1000
    )
    for type_ in ("subscribed", "order_update", "notification"):
        client.on(type_)

    server.stop(with_signal)
    client.wait_for_log(f"WebSocket closed: {code}")
    client.subscribe("order:ord_123")
    again = launch_server(server.port)

    assert client.next("auth_success")["user_id"] == "olena"
    assert client.next("subscribed") == {"channel": "order:ord_123"}
    publish(again, "order_update", ORDER_UPDATE, channel="order:ord_123")
    publish(again, "notification", NOTIFICATION, user="olena")
    assert client.next("order_update") == ORDER_UPDATE
    assert client.next("notification") == NOTIFICATION


def test_a_disconnected_client_does_not_reconnect(server, sign_in):
    client = sign_in(server, "olena", reconnect=True, reconnectInterval=1)

    client.disconnect()

    assert client.wait_for_log("WebSocket closed: ") == ["WebSocket connected"]
    client.off("auth_success")  # any command: what the client logs at the close comes before it
    assert client.has_logged_nothing_more()


def ping_of(size):
    """The payload with which the message that the client sends has so many bytes."""
    timestamp = "2024-01-15T10:30:00.000Z"  # as long as every one that `toISOString` returns
    message = {"type": "ping", "payload": {"padding": ""}, "id": "p1", "timestamp": timestamp}
    empty = len(json.dumps(message, separators=(",", ":")))
    return {"padding": "x" * (size - empty)}


def test_a_message_of_4096_bytes_is_answered(server, sign_in):
    client = sign_in(server, "olena")
    client.on("*")

    client.send("ping", ping_of(4096), "p1")

    assert client.next("*")["type"] == "pong"


def test_a_message_of_4097_bytes_closes_with_1009(server, sign_in):
    client = sign_in(server, "olena")

    client.send("ping", ping_of(4097), "p1")

    assert client.wait_for_log("WebSocket closed: 1009") == ["WebSocket connected"]
