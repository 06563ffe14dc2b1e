"""A present customer: follows open orders only, and talks in one conversation."""

from random import Random

import pytest

from client.errors import QueueFull
from simulator.clients.customer import MAX_FOLLOWED_ORDERS, CustomerClient
from simulator.shop.support_script import AGENT_ID


class Socket:
    """A socket that goes nowhere; the test is the server."""

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

    def hear(self, type, **payload):
        self.handlers[type](payload)

    def hear_line(self, conversation_id, sender_id, content):
        message = {"sender_id": sender_id, "content": content}
        self.hear("chat_message", conversation_id=conversation_id, message=message)


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


def lines(socket):
    return [payload["content"] for _, payload in socket.sent]


def test_subscribes_to_announcements(socket, olena):
    assert socket.channels == {"public:announcements"}


@pytest.mark.parametrize("end", ["delivered", "cancelled", "refunded"])
def test_subscribes_to_an_order_until_it_is_finished(socket, olena, end):
    socket.hear("order_update", order_id="ord_1", status="pending")
    socket.hear("order_update", order_id="ord_1", status="paid")
    assert "order:ord_1" in socket.channels

    socket.hear("order_update", order_id="ord_1", status=end)

    assert "order:ord_1" not in socket.channels


def test_does_not_subscribe_to_a_finished_order(socket, olena):
    """
    A refund comes long after the order's end.
    """
    socket.hear("order_update", order_id="ord_1", status="refunded")

    assert socket.channels == {"public:announcements"}


def test_opens_a_conversation_and_continues_after_an_answer(socket, olena, shop_data):
    exchanges = shop_data.support_script.topic("доставка").exchanges
    olena.ask_support("доставка")
    socket.hear_line("conv_1", "user_1", lines(socket)[0])
    socket.hear_line("conv_1", AGENT_ID, exchanges[0].answer)

    assert socket.sent == [
        ("chat_message", {"content": exchanges[0].question}),
        ("chat_message", {"conversation_id": "conv_1", "content": exchanges[1].question}),
    ]


def test_ignores_other_conversations_of_the_same_customer(socket, olena):
    """
    Somebody else may be signed in as the same customer, in a conversation of their own.
    """
    olena.ask_support("доставка")
    socket.hear_line("conv_9", "user_1", "Я інша вкладка")
    socket.hear_line("conv_9", AGENT_ID, "Вітаю!")

    assert len(socket.sent) == 1


def test_sends_nothing_in_a_conversation_it_did_not_open(socket, olena):
    socket.hear_line("conv_9", "agent_olha", "Вітаю!")

    assert socket.sent == []


def test_gives_up_the_conversation_if_the_send_queue_is_full(socket, olena):
    socket.is_full = True
    olena.ask_support("доставка")
    socket.is_full = False
    socket.hear_line("conv_1", AGENT_ID, "Вітаю!")

    assert socket.sent == []


class Certain(Random):
    """Whatever may happen does."""

    def random(self):
        return 0.0


class Never(Random):
    """What need not happen does not."""

    def random(self):
        return 1.0


@pytest.fixture
def visit(socket, shop_data):
    """Have a customer come whose chance is given."""

    def visit_(draw):
        def at_once(_seconds, action):
            action()

        return CustomerClient(
            socket, shop_data.customers.customer(1), shop_data.support_script, at_once, draw
        )

    return visit_


def ship(socket, order_id="ord_1"):
    socket.hear("order_update", order_id=order_id, status="processing")
    socket.hear("order_update", order_id=order_id, status="shipped")


def test_may_ask_once_when_a_parcel_is_shipped(socket, visit, shop_data):
    visit(Certain())
    ship(socket)
    socket.hear("order_update", order_id="ord_1", status="shipped")

    assert lines(socket) == [shop_data.support_script.topic("доставка").exchanges[0].question]


def test_does_not_always_ask_when_a_parcel_is_shipped(socket, visit):
    visit(Never())
    ship(socket)

    assert socket.sent == []


def test_does_not_ask_about_a_parcel_during_a_conversation(socket, visit):
    visit(Certain()).ask_support("оплата")
    ship(socket)

    assert len(socket.sent) == 1


def test_unsubscribes_from_all_orders(socket, olena):
    socket.hear("order_update", order_id="ord_1", status="paid")
    olena.unfollow_all()

    assert socket.channels == {"public:announcements"}


def test_follows_only_the_newest_orders(socket, olena):
    for number in range(MAX_FOLLOWED_ORDERS + 1):
        socket.hear("order_update", order_id=f"ord_{number}", status="paid")

    assert len(socket.channels) == 1 + MAX_FOLLOWED_ORDERS
    assert "order:ord_0" not in socket.channels
