"""An order changes only by allowed transitions, and records each in its history."""

from datetime import UTC, datetime, timedelta

import pytest

from protocol.event_payloads import CustomerRef, OrderItem, OrderStatus
from protocol.money import Money
from simulator.shop.orders import ALLOWED_TRANSITIONS, InvalidTransition, new_order

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ITEMS = (
    OrderItem("prod_1", "Чайник", 2, Money("1299.00")),
    OrderItem("prod_2", "Чашка", 1, Money("0.50")),
)
DELIVERED = ("paid", "processing", "shipped", "delivered")


def order(*statuses):
    """Create an order with these statuses, one per minute."""
    it = new_order(
        id="ord_1",
        number="ORD-1",
        customer=CustomerRef("user_1", "Олена Мельник"),
        city="Львів",
        items=ITEMS,
        allocations=(),
        at=NOON,
    )
    for minutes, status in enumerate(statuses, start=1):
        it = it.with_status(OrderStatus(status), NOON + timedelta(minutes=minutes))
    return it


def test_the_total_is_the_sum_of_the_items():
    assert str(order().order.total) == "2598.50"


def test_a_new_order_is_pending():
    assert (order().status, order().payment_status) == ("pending", "pending")


@pytest.mark.parametrize(
    ("statuses", "payment"),
    [
        (["paid"], "paid"),
        (["payment_failed"], "failed"),
        (["payment_failed", "paid"], "paid"),
        (["cancelled"], "void"),
        (["paid", "cancelled"], "paid"),
        (["paid", "cancelled", "refunded"], "refunded"),
        ([*DELIVERED], "paid"),
        ([*DELIVERED, "refunded"], "refunded"),
    ],
)
def test_the_payment_status_follows_from_the_statuses(statuses, payment):
    assert order(*statuses).payment_status == payment


@pytest.mark.parametrize(
    ("statuses", "to"),
    [
        ([], "shipped"),
        ([], "refunded"),
        (["paid"], "pending"),
        (["paid"], "paid"),
        (["paid", "processing", "shipped"], "cancelled"),
        (["cancelled"], "paid"),
        (["cancelled"], "refunded"),
        ([*DELIVERED, "refunded"], "delivered"),
    ],
)
def test_other_transitions_are_rejected(statuses, to):
    with pytest.raises(InvalidTransition, match=f"ORD-1 is .* and cannot become {to}"):
        order(*statuses).with_status(OrderStatus(to), NOON)


def test_the_history_has_every_status_with_its_time():
    history = order("paid", "processing").history

    assert [(change.status, change.at.minute) for change in history] == [
        ("pending", 0),
        ("paid", 1),
        ("processing", 2),
    ]


def test_a_change_returns_a_copy():
    before = order()
    before.with_status(OrderStatus.PAID, NOON)

    assert before.status == "pending"


def test_every_status_has_its_transitions():
    assert set(ALLOWED_TRANSITIONS) == set(OrderStatus)
