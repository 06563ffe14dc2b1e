"""A participant of the Inbox, and an order on two sockets, at a real server."""

import json
import time
import urllib.request

import pytest

from client.http_client import ApiClient
from dashboard.personas import ADMIN, AGENT, CUSTOMER, EXPIRED_CUSTOMER, SECOND_CUSTOMER
from dashboard.settings import Settings
from dashboard.sockets.persona_socket import PersonaSocket
from dashboard.state.orders import OrderTracker
from dashboard.views.inbox.participant import ChatParticipant, SendFailed
from dashboard.views.orders.delivery_times import order_as_received, pair_deliveries
from dashboard.views.orders.order_sockets import OrderSockets
from protocol.codec import encode_json, format_timestamp
from protocol.event_payloads import OrderStatus
from protocol.messages import NewOrder

WAIT_S = 30
NOON = 1_700_000_000.0


def until(ask, wanted):
    """Wait until a value is as wanted; returns it."""
    deadline = time.monotonic() + WAIT_S
    while not wanted(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    return answer


@pytest.fixture
def settings(secret, launch_server):
    server = launch_server()
    return Settings(jwt_secret=secret, server_url=f"http://127.0.0.1:{server.port}")


@pytest.fixture
def connect(settings):
    sockets = []

    def go(persona):
        line = PersonaSocket(
            settings.socket_url, settings.server_address, lambda: persona.token(settings)
        )
        sockets.append(line)
        line.client.connect()
        return line

    yield go
    for line in sockets:
        line.close()


@pytest.fixture
def attend(settings, connect):
    """Open a participant and wait until it is signed in."""

    def go(persona, backfill=lambda: ()):
        server = ApiClient(settings.server_url, lambda: persona.token(settings))
        participant = ChatParticipant(connect(persona), server, backfill)
        if persona.is_staff:
            participant.socket.client.subscribe("tenant:shop")
        until(participant.socket.status, lambda link: link.is_live)
        if persona.is_staff:
            received = participant.socket.frames
            until(received, lambda frames: any(frame.type == "subscribed" for frame in frames))
        return participant

    return go


@pytest.fixture
def publish(settings, token):
    def go(channel, type_, payload):
        request = urllib.request.Request(
            f"{settings.server_url}/api/publish",
            encode_json({"channel": channel, "type": type_, "payload": payload}),
            {"Authorization": f"Bearer {token('shop', 'service')}"},
        )
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.load(answer)

    return go


def note(n=1, at=NOON):
    payload = {"id": f"n_{n}", "title": "Увага", "body": "Прямує"}
    return {"type": "notification", "payload": payload, "timestamp": format_timestamp(at)}


def words(talks):
    return [[line.text for line in talk.entries] for talk in talks]


def test_messages_of_customer_and_staff_reach_each_other(attend):
    customer, agent = attend(CUSTOMER), attend(AGENT)

    talk_id = customer.send_message("Коли відправите?", None)
    (talk,) = until(agent.conversations, lambda talks: talks and talks[0].customer)
    agent.send_message("Сьогодні.", talk_id)

    assert (talk.id, talk.customer.id) == (talk_id, CUSTOMER.user_id)
    for end in (customer, agent):
        conversations = until(end.conversations, lambda talks: len(talks[0].entries) == 2)
        assert words(conversations) == [["Коли відправите?", "Сьогодні."]]
        assert conversations[0].last_human_entry().sender == AGENT.name


def test_another_customer_receives_none_of_it(attend):
    customer, other = attend(CUSTOMER), attend(SECOND_CUSTOMER)

    talk_id = customer.send_message("Це лише між нами", None)

    assert other.conversations() == ()
    with pytest.raises(SendFailed, match="Cannot access this conversation"):
        other.send_message("Підслухав", talk_id)


def test_earlier_messages_are_loaded_for_a_later_participant(attend):
    customer = attend(CUSTOMER)
    talk_id = customer.send_message("Раз", None)
    customer.send_message("Два", talk_id)

    agent = attend(AGENT)
    (listed,) = agent.conversations()

    assert words([listed]) == [["Два"]]
    assert words([agent.load_history(listed)]) == [["Раз", "Два"]]


def test_conversations_stay_while_another_program_answers(attend, connect, site):
    customer = attend(CUSTOMER)
    talk_id = customer.send_message("Коли відправите?", None)
    site.body = b"<html>"
    behind_proxy = ChatParticipant(
        connect(CUSTOMER), ApiClient(site.url, lambda: "t0ken"), lambda: ()
    )
    until(behind_proxy.socket.status, lambda link: link.is_live)
    behind_proxy.send_message("Агов", talk_id)

    (talk,) = behind_proxy.conversations()

    assert words([behind_proxy.load_history(talk)]) == [["Агов"]]
    assert not behind_proxy.has_conversation_list


def test_a_notification_of_a_customer_is_kept(attend, publish):
    customer = attend(CUSTOMER)

    publish(f"user:{CUSTOMER.user_id}", "notification", note()["payload"])

    mail = until(customer.inbox_snapshot, lambda mail: mail.notifications)
    assert [one.title for one in mail.notifications] == ["Увага"]


def test_backfilled_messages_count_once(attend):
    customer = attend(CUSTOMER, backfill=lambda: [note(1), note(2, NOON + 1)])
    customer.on_message(note(1))

    assert [one.id for one in customer.inbox_snapshot().notifications] == ["n_2", "n_1"]


def test_an_invalid_message_is_skipped(attend):
    customer = attend(CUSTOMER)

    customer.on_message(
        {"type": "notification", "payload": {"id": 5}, "timestamp": format_timestamp(NOON)}
    )
    customer.on_message({"type": "notification", "payload": {}, "timestamp": "today"})

    assert customer.inbox_snapshot().notifications == ()


def test_nothing_can_be_sent_with_an_expired_token(connect, settings):
    server = ApiClient(settings.server_url, lambda: EXPIRED_CUSTOMER.token(settings))
    participant = ChatParticipant(connect(EXPIRED_CUSTOMER), server, lambda: ())
    until(participant.socket.status, lambda link: link.reason)

    with pytest.raises(SendFailed):
        participant.send_message("Агов", None)
    assert participant.conversations() == ()


def test_an_order_update_reaches_its_customer_and_the_shop(connect, publish, shop):
    order = shop.order()
    publish("tenant:shop", "new_order", NewOrder(payload=shop.placed()).payload)
    book = OrderTracker()
    book.on_placed(order, NOON)
    following = OrderSockets(order.id, connect(CUSTOMER), connect(ADMIN))
    for received in (following.customer_messages, following.shop_messages):
        until(
            lambda received=received: received(time.time()),
            lambda messages: any(message["type"] == "subscribed" for _, message in messages),
        )

    publish("order:ord_1", "order_update", {"order_id": "ord_1", "status": "shipped"})

    def deliveries():
        now = time.time()
        return pair_deliveries(
            following.customer_messages(now), following.shop_messages(now), "ord_1"
        )

    (one,) = until(
        deliveries, lambda deliveries: deliveries and deliveries[0].difference_ms is not None
    )
    assert one.status == "shipped"
    assert one.customer_delay_ms is not None
    known = order_as_received(book.newest_first()[0], following.customer_messages(time.time()))
    assert known is not None
    assert known.status is OrderStatus.SHIPPED


def test_a_late_subscriber_gets_the_last_update_without_a_delay(connect, publish, shop):
    publish("tenant:shop", "new_order", shop.placed())
    publish("order:ord_1", "order_update", {"order_id": "ord_1", "status": "paid"})

    following = OrderSockets("ord_1", connect(CUSTOMER), connect(ADMIN))

    def deliveries():
        return pair_deliveries(following.customer_messages(time.time()), [], "ord_1")

    (one,) = until(deliveries, lambda deliveries: deliveries)
    assert (one.status, one.customer_delay_ms) == ("paid", None)


def test_a_paused_page_shows_no_later_update(connect, publish, shop):
    publish("tenant:shop", "new_order", shop.placed())
    following = OrderSockets("ord_1", connect(CUSTOMER), connect(ADMIN))
    until(lambda: following.shop_messages(time.time()), lambda received: received)

    assert following.shop_messages(NOON) == []
