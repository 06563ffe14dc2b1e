"""The client of a customer: follows open orders, and has one support conversation."""

from random import Random

import pytest

from client.errors import QueueFull
from simulator.clients.customer import MAX_FOLLOWED_ORDERS, CustomerClient
from simulator.shop.support_script import AGENT_ID


class Socket:
    """A client without a connection; the test acts as the server."""

    def __init__(self):
        self.handlers, self.channels, self.sent, self.is_full = {}, set(), [], False

    def on(self, type, handler):
        self.handlers[type] = handler

    def send(self, type, payload):
        if self.is_full:
            raise QueueFull(1000)
        self.sent.append((type, payload))

    def subscribe(self, channel, *, recoverable):
        assert recoverable
        self.channels.add(channel)

    def unsubscribe(self, channel):
        self.channels.remove(channel)

    def receive(self, type, **payload):
        self.handlers[type](payload)

    def receive_chat(self, conversation_id, sender_id, content):
        message = {"sender_id": sender_id, "content": content}
        self.receive("chat_message", conversation_id=conversation_id, message=message)


@pytest.fixture
def socket():
    return Socket()


@pytest.fixture
def olena(socket, shop_data):
    def at_once(_seconds, action):
        action()

    return CustomerClient(
        socket, shop_data.customers.customer(1), shop_data.support_script, at_once, Random(7)
    )


def sent_texts(socket):
    return [payload["content"] for _, payload in socket.sent]


def test_subscribes_to_announcements(socket, olena):
    assert socket.channels == {"public:announcements"}


@pytest.mark.parametrize("end", ["delivered", "cancelled", "refunded"])
def test_subscribes_to_an_order_until_it_is_finished(socket, olena, end):
    socket.receive("order_update", order_id="ord_1", status="pending")
    socket.receive("order_update", order_id="ord_1", status="paid")
    assert "order:ord_1" in socket.channels

    socket.receive("order_update", order_id="ord_1", status=end)

    assert "order:ord_1" not in socket.channels


def test_does_not_subscribe_to_a_finished_order(socket, olena):
    """
    A refund follows long after the order was finished.
    """
    socket.receive("order_update", order_id="ord_1", status="refunded")

    assert socket.channels == {"public:announcements"}


def test_opens_a_conversation_and_continues_after_an_answer(socket, olena, shop_data):
    exchanges = shop_data.support_script.topic("delivery").exchanges
    olena.ask_support("delivery")
    socket.receive_chat("conv_1", "user_1", sent_texts(socket)[0])
    socket.receive_chat("conv_1", AGENT_ID, exchanges[0].answer)

    assert socket.sent == [
        ("chat_message", {"content": exchanges[0].question}),
        ("chat_message", {"conversation_id": "conv_1", "content": exchanges[1].question}),
    ]


def test_ignores_other_conversations_of_the_same_customer(socket, olena):
    """
    The same customer may be signed in elsewhere, with another conversation.
    """
    olena.ask_support("delivery")
    socket.receive_chat("conv_9", "user_1", "Я інша вкладка")
    socket.receive_chat("conv_9", AGENT_ID, "Вітаю!")

    assert len(socket.sent) == 1


def test_sends_nothing_in_a_conversation_it_did_not_open(socket, olena):
    socket.receive_chat("conv_9", "agent_olha", "Вітаю!")

    assert socket.sent == []


def test_gives_up_the_conversation_if_the_send_queue_is_full(socket, olena):
    socket.is_full = True
    olena.ask_support("delivery")
    socket.is_full = False
    socket.receive_chat("conv_1", AGENT_ID, "Вітаю!")

    assert socket.sent == []


class Certain(Random):
    """Every event of some probability occurs."""

    def random(self):
        return 0.0


class Never(Random):
    """No event of some probability occurs."""

    def random(self):
        return 1.0


@pytest.fixture
def customer_with(socket, shop_data):
    """Create the client of a customer with this random generator."""

    def create(rng):
        def at_once(_seconds, action):
            action()

        return CustomerClient(
            socket, shop_data.customers.customer(1), shop_data.support_script, at_once, rng
        )

    return create


def ship(socket, order_id="ord_1"):
    socket.receive("order_update", order_id=order_id, status="processing")
    socket.receive("order_update", order_id=order_id, status="shipped")


def test_may_ask_once_when_a_parcel_is_shipped(socket, customer_with, shop_data):
    customer_with(Certain())
    ship(socket)
    socket.receive("order_update", order_id="ord_1", status="shipped")

    assert sent_texts(socket) == [shop_data.support_script.topic("delivery").exchanges[0].question]


def test_does_not_always_ask_when_a_parcel_is_shipped(socket, customer_with):
    customer_with(Never())
    ship(socket)

    assert socket.sent == []


def test_does_not_ask_about_a_parcel_during_a_conversation(socket, customer_with):
    customer_with(Certain()).ask_support("payment")
    ship(socket)

    assert len(socket.sent) == 1


def test_a_reset_unfollows_all_orders(socket, olena, english_data):
    socket.receive("order_update", order_id="ord_1", status="paid")
    olena.reset(english_data.customers.customer(1), english_data.support_script)

    assert socket.channels == {"public:announcements"}


def test_a_reset_abandons_the_conversation_and_changes_its_language(
    socket, shop_data, english_data
):
    typed = []
    customer = CustomerClient(
        socket,
        shop_data.customers.customer(1),
        shop_data.support_script,
        lambda _seconds, action: typed.append(action),
        Random(7),
    )
    customer.ask_support("delivery")
    socket.receive_chat("conv_1", "user_1", sent_texts(socket)[0])
    socket.receive_chat("conv_1", AGENT_ID, "Вітаю!")
    customer.reset(english_data.customers.customer(1), english_data.support_script)
    typed[0]()
    customer.ask_support("delivery")

    assert customer.customer.name == "Volodymyr Levytskyi"
    assert sent_texts(socket)[1:] == ["Good afternoon! When will my order arrive?"]


def test_follows_only_the_newest_orders(socket, olena):
    for number in range(MAX_FOLLOWED_ORDERS + 1):
        socket.receive("order_update", order_id=f"ord_{number}", status="paid")

    assert len(socket.channels) == 1 + MAX_FOLLOWED_ORDERS
    assert "order:ord_0" not in socket.channels
