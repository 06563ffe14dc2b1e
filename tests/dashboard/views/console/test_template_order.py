"""The order in the templates, and orders that are finished."""

from decimal import Decimal

import pytest

from dashboard.state.orders import StatusStep, TrackedOrder
from dashboard.views.console.template_order import (
    asks_to_recover,
    choose_order,
    finished_order,
    foreign_order,
)
from protocol.event_payloads import OrderStatus


def order(id, status, customer_id="user_1"):
    return TrackedOrder(
        id=id,
        number=id.upper().replace("_", "-"),
        customer_id=customer_id,
        customer="",
        items=(),
        total=Decimal(1),
        placed_at=0.0,
        history=(StatusStep(status, 0.0),),
        updated_at=0.0,
        placement_received=True,
    )


DELIVERED = order("ord_4", OrderStatus.DELIVERED)
PAID = order("ord_3", OrderStatus.PAID)
SHIPPED = order("ord_2", OrderStatus.SHIPPED)
OF_ANOTHER = order("ord_9", OrderStatus.PENDING, "user_2")


@pytest.mark.parametrize(
    ("orders", "kept", "chosen"),
    [
        ([OF_ANOTHER, DELIVERED, PAID, SHIPPED], "", PAID),
        ([OF_ANOTHER, PAID, SHIPPED], "ord_2", SHIPPED),
        ([PAID, DELIVERED], "ord_4", PAID),
        ([OF_ANOTHER, DELIVERED], "", DELIVERED),
        ([OF_ANOTHER], "", OF_ANOTHER),
        ([], "ord_1", None),
    ],
    ids=[
        "the newest own order that lives",
        "the one before, while it lives",
        "another one once it is finished",
        "a finished own order rather than another customer's",
        "another customer's without an own one",
        "none",
    ],
)
def test_templates_name(orders, kept, chosen):
    assert choose_order(orders, "user_1", kept) is chosen


@pytest.mark.parametrize(
    "message",
    [
        {"type": "subscribe", "payload": {"channel": "order:ord_4"}},
        {"type": "order_update", "channel": "user:user_1", "payload": {"order_id": "ord_4"}},
        {"channel": "order:ord_4", "payload": None},
    ],
)
def test_a_finished_order_is_found_in_the_messages_that_name_it(message):
    assert finished_order([{}, message], [PAID, DELIVERED]) is DELIVERED


def test_an_order_that_lives_or_is_unknown_is_not_finished():
    named = [{"payload": {"channel": each}} for each in ("order:ord_3", "order:ord_7", 4)]

    assert finished_order(named, [PAID, DELIVERED]) is None


def test_an_order_of_another_customer_is_found_where_a_message_subscribes_to_it():
    subscribe = {"type": "subscribe", "payload": {"channel": "order:ord_9"}}
    update = {"type": "order_update", "payload": {"order_id": "ord_9"}}

    assert foreign_order([subscribe], [PAID, OF_ANOTHER], "user_1") is OF_ANOTHER
    assert foreign_order([subscribe], [PAID, OF_ANOTHER], "user_2") is None
    assert foreign_order([update], [PAID, OF_ANOTHER], "user_1") is None
    assert foreign_order([subscribe], [order("ord_9", OrderStatus.PAID, "")], "user_1") is None


def test_missed_updates_are_asked_for_until_the_reply():
    request = {"payload": {"channel": "order:ord_1", "since": {"epoch": "e", "offset": 1}}}

    assert asks_to_recover([request])
    assert not asks_to_recover(
        [{"payload": {"channel": "order:ord_1", "recovered": True}}, request]
    )
    assert not asks_to_recover([{"payload": None}, {}])
