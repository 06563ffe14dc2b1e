"""Delivery times of an order's updates on two sockets."""

import pytest

from dashboard.state.orders import OrderTracker, StatusStep
from dashboard.views.orders.delivery_times import order_as_received, pair_deliveries
from protocol.codec import format_timestamp
from protocol.event_payloads import OrderStatus, OrderUpdatePayload

NOON = 1_700_000_000.0


def update(sent, status="paid", order_id="ord_1", **more):
    return {
        "type": "order_update",
        "payload": {"order_id": order_id, "status": status, **more},
        "timestamp": format_timestamp(sent),
    }


def joined(sent, channel="order:ord_1"):
    return {
        "type": "subscribed",
        "payload": {"channel": channel},
        "timestamp": format_timestamp(sent),
    }


def test_are_measured_from_the_timestamp_to_each_socket_and_between_them():
    sent = update(NOON)

    (one,) = pair_deliveries([(NOON + 0.010, sent)], [(NOON + 0.013, sent)], "ord_1")

    assert one.sent_at == NOON
    assert one.customer_delay_ms == pytest.approx(10, abs=0.01)
    assert one.shop_delay_ms == pytest.approx(13, abs=0.01)
    assert one.difference_ms == pytest.approx(3, abs=0.01)


def test_are_negative_if_the_shop_was_first():
    sent = update(NOON)

    assert (
        pair_deliveries([(NOON + 0.010, sent)], [(NOON + 0.004, sent)], "ord_1")[0].difference_ms
        < 0
    )


def test_are_unknown_if_one_side_did_not_receive_the_update():
    (one,) = pair_deliveries([(NOON, update(NOON))], [], "ord_1")

    assert (one.shop_delay_ms, one.difference_ms) == (None, None)


def test_are_listed_newest_first():
    received = [
        (NOON + n, update(NOON + n, status)) for n, status in enumerate(("paid", "shipped"))
    ]

    assert [one.status for one in pair_deliveries(received, received, "ord_1")] == [
        "shipped",
        "paid",
    ]


def test_use_the_first_of_two_channels_that_a_customer_receives():
    sent = update(NOON)

    (one,) = pair_deliveries([(NOON + 0.002, sent), (NOON + 0.009, sent)], [], "ord_1")

    assert one.customer_delay_ms == pytest.approx(2, abs=0.01)


def test_are_unknown_for_the_last_message_repeated_to_a_late_subscriber():
    old = update(NOON)
    late = [(NOON + 60, joined(NOON + 60)), (NOON + 60.001, old)]

    (one,) = pair_deliveries(late, [(NOON + 0.004, old)], "ord_1")

    assert (one.customer_delay_ms, one.difference_ms) == (None, None)
    assert one.shop_delay_ms == pytest.approx(4, abs=0.01)


def test_stay_correct_when_a_socket_subscribes_again():
    old = update(NOON + 1)
    received = [
        (NOON, joined(NOON)),
        (NOON + 1.005, old),
        (NOON + 9, joined(NOON + 9)),
        (NOON + 9.001, old),
    ]

    assert pair_deliveries(received, [], "ord_1")[0].customer_delay_ms == pytest.approx(5, abs=0.01)


def test_ignore_other_orders_and_other_messages():
    received = [
        (NOON, update(NOON, order_id="ord_2")),
        (NOON, joined(NOON + 5, "order:ord_2")),
        (NOON, {"type": "pong"}),
        (NOON + 0.001, update(NOON)),
    ]

    (one,) = pair_deliveries(received, [], "ord_1")

    assert one.customer_delay_ms == pytest.approx(1, abs=0.01)


def test_separate_parcel_updates_from_status_updates():
    received = [
        (NOON, update(NOON, "shipped")),
        (NOON, update(NOON, "shipped", tracking_status="x")),
    ]

    assert [one.tracking_status for one in pair_deliveries(received, [], "ord_1")] == ["x", ""]


def test_rebuild_the_order_as_one_socket_received_it(shop):
    orders = OrderTracker()
    orders.on_placed(shop.order(), NOON)
    orders.on_update(
        OrderUpdatePayload("ord_1", OrderStatus.DELIVERED, payment_status="paid"), NOON + 9
    )
    (known,) = orders.newest_first()
    assert order_as_received(known, []) is None

    shipped = update(NOON + 5, "shipped", tracking_number="2045", tracking_status="Прямує")
    order = order_as_received(known, [(NOON, update(NOON + 1)), (NOON, shipped)])

    assert order is not None
    assert (order.status, order.changed_at, order.item_names) == (
        "shipped",
        NOON + 5,
        "Кобзар",
    )
    assert (order.tracking_number, order.payment_status) == ("2045", "")
    assert StatusStep(OrderStatus.PAID, NOON + 1) in order.history
