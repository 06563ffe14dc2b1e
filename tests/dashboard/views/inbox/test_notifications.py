"""A customer's notifications and cart changes."""

from decimal import Decimal

import msgspec
import pytest

from dashboard.views.inbox.notifications import MAX_KEPT, CartChange, Inbox
from protocol.codec import format_timestamp
from protocol.event_payloads import CartAction, Priority

NOON = 1_700_000_000.0


def note(n=1, at=NOON, **more):
    payload = {"id": f"n_{n}", "title": "Замовлення в дорозі", "body": "Прямує", **more}
    return {"type": "notification", "payload": payload, "timestamp": format_timestamp(at)}


def cart(action="item_added", count=1, total="420.00", at=NOON, **more):
    payload = {"action": action, "cart": {"id": "c", "item_count": count, "total": Decimal(total)}}
    return {"type": "cart_update", "payload": payload | more, "timestamp": format_timestamp(at)}


@pytest.fixture
def inbox():
    return Inbox()


def test_keeps_notifications_newest_first(inbox):
    for n in (1, 2, 3):
        inbox.on_message(note(n, NOON + n))

    assert [one.id for one in inbox.snapshot().notifications] == ["n_3", "n_2", "n_1"]


def test_keeps_the_fields_of_a_notification(inbox):
    inbox.on_message(note(action_url="/orders/ord_1", priority="high"))

    (one,) = inbox.snapshot().notifications
    assert (one.title, one.body, one.at) == ("Замовлення в дорозі", "Прямує", NOON)
    assert (one.action_url, one.priority) == ("/orders/ord_1", Priority.HIGH)


def test_counts_a_message_from_history_and_socket_once(inbox):
    for message in (note(), cart(), note(), cart()):
        inbox.on_message(message)

    snapshot = inbox.snapshot()
    assert (len(snapshot.notifications), len(snapshot.cart_changes)) == (1, 1)


def test_sorts_in_messages_from_a_later_history(inbox):
    inbox.on_message(note(2, NOON + 2))
    inbox.on_message(note(1, NOON + 1))

    assert [one.id for one in inbox.snapshot().notifications] == ["n_2", "n_1"]


def test_lists_notifications_since_a_time(inbox):
    for n in (1, 2, 3):
        inbox.on_message(note(n, NOON + n))

    assert [one.id for one in inbox.snapshot().notifications_since(NOON + 1)] == ["n_3", "n_2"]


def test_ends_at_the_time_of_a_paused_page(inbox):
    for n in (1, 2, 3):
        inbox.on_message(note(n, NOON + n))
        inbox.on_message(cart(count=n, at=NOON + n))

    paused = inbox.snapshot().up_to(NOON + 2)

    assert [one.id for one in paused.notifications] == ["n_2", "n_1"]
    assert [one.item_count for one in paused.cart_changes] == [2, 1]


def test_follows_the_cart(inbox):
    inbox.on_message(cart(item={"product_id": "p", "name": "Кобзар", "quantity": 2}, count=2))
    inbox.on_message(cart("cleared", 0, "0.00", NOON + 1))

    assert inbox.snapshot().cart_changes == (
        CartChange(NOON + 1, CartAction.CLEARED, "", None, 0, Decimal("0.00")),
        CartChange(NOON, CartAction.ITEM_ADDED, "Кобзар", 2, 2, Decimal("420.00")),
    )


def test_is_bounded_and_drops_the_oldest(inbox):
    for n in range(MAX_KEPT + 3):
        inbox.on_message(note(n, NOON + n))

    notes = inbox.snapshot().notifications
    assert (len(notes), notes[-1].id) == (MAX_KEPT, "n_3")


def test_skips_other_messages(inbox):
    for message in (
        {"type": "pong"},
        {"type": "order_update", "payload": {}, "timestamp": format_timestamp(0)},
    ):
        inbox.on_message(message)

    assert inbox.snapshot().notifications == ()


def test_refuses_an_invalid_payload(inbox):
    with pytest.raises(msgspec.ValidationError):
        inbox.on_message(
            {"type": "notification", "payload": {"id": 5}, "timestamp": format_timestamp(NOON)}
        )


def test_entries_of_before_a_time_are_left_out(inbox):
    for message in (note(1, NOON + 1), note(2, NOON + 2), cart(at=NOON + 1)):
        inbox.on_message(message)

    snapshot = inbox.snapshot().since(NOON + 2)
    assert [one.id for one in snapshot.notifications] == ["n_2"]
    assert snapshot.cart_changes == ()
