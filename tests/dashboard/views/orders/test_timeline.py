"""The timeline of orders."""

import pytest

from dashboard.state.orders import OrderTracker
from dashboard.views.orders.timeline import (
    TIMELINE_ROWS,
    TIMELINE_S,
    status_segments,
    timeline_data,
)
from protocol.event_payloads import OrderStatus as S
from protocol.event_payloads import OrderUpdatePayload


def tracked_order(shop, *steps, id="ord_1"):
    """An order that was placed and moved at these moments."""
    orders = OrderTracker()
    (placed, *moves) = steps
    orders.on_placed(shop.order(id), placed)
    for status, at in moves:
        orders.on_update(OrderUpdatePayload(id, status), at)
    return orders.newest_first()[0]


def without_number(piece):
    return (piece.status, piece.start, piece.end)


def test_have_a_segment_for_each_status_and_the_last_ends_now(shop):
    order = tracked_order(shop, 10.0, (S.PAID, 15.0), (S.PROCESSING, 40.0))

    assert [without_number(piece) for piece in status_segments([order], now=50.0)] == [
        (S.PENDING, -40.0, -35.0),
        (S.PAID, -35.0, -10.0),
        (S.PROCESSING, -10.0, 0.0),
    ]


def test_keep_the_order_of_the_orders(shop):
    orders = [tracked_order(shop, 10.0, id="ord_2"), tracked_order(shop, 20.0, id="ord_1")]

    assert [piece.number for piece in status_segments(orders, now=30.0)] == ["ORD-2", "ORD-1"]


def test_start_at_the_edge_but_keep_the_whole_duration(shop):
    (piece,) = status_segments([tracked_order(shop, 0.0)], now=TIMELINE_S + 100.0)

    assert (piece.start, piece.end, piece.duration_s) == (-TIMELINE_S, 0.0, TIMELINE_S + 100.0)


def test_omit_segments_that_ended_before_the_edge(shop):
    order = tracked_order(shop, 0.0, (S.PAID, 5.0))

    assert [piece.status for piece in status_segments([order], now=TIMELINE_S + 5.0)] == [S.PAID]


def test_accept_a_timestamp_ahead_of_the_clock(shop):
    assert status_segments([tracked_order(shop, 10.0, (S.PAID, 12.0))], now=11.0)[0].end == 0.0


@pytest.mark.parametrize("count", [0, 1, TIMELINE_ROWS])
def test_fill_the_same_number_of_rows_for_any_number_of_orders(shop, count):
    orders = [tracked_order(shop, 10.0, (S.PAID, 20.0), id=f"ord_{n}") for n in range(count)]

    rows = timeline_data(status_segments(orders, now=30.0), 30.0, str)

    assert rows["number"].nunique() == TIMELINE_ROWS
    assert list(rows["number"].unique()[:count]) == [order.number for order in orders]
    assert list(rows.columns) == ["number", "status", "start", "end", "duration_s", "row", "time"]
