"""The ways of orders as bars."""

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


def way(shop, *steps, id="ord_1"):
    """An order that was placed and moved at these moments."""
    orders = OrderTracker()
    (placed, *moves) = steps
    orders.on_placed(shop.order(id), placed)
    for status, at in moves:
        orders.on_update(OrderUpdatePayload(id, status), at)
    return orders.newest_first()[0]


def told(piece):
    return (piece.status, piece.start, piece.end)


def test_have_a_piece_for_each_status_and_the_last_ends_now(shop):
    order = way(shop, 10.0, (S.PAID, 15.0), (S.PROCESSING, 40.0))

    assert [told(piece) for piece in status_segments([order], now=50.0)] == [
        (S.PENDING, -40.0, -35.0),
        (S.PAID, -35.0, -10.0),
        (S.PROCESSING, -10.0, 0.0),
    ]


def test_keep_the_order_of_the_orders(shop):
    orders = [way(shop, 10.0, id="ord_2"), way(shop, 20.0, id="ord_1")]

    assert [piece.number for piece in status_segments(orders, now=30.0)] == ["ORD-2", "ORD-1"]


def test_begin_at_the_edge_where_they_began_before_it_and_say_the_whole_time(shop):
    (piece,) = status_segments([way(shop, 0.0)], now=TIMELINE_S + 100.0)

    assert (piece.start, piece.end, piece.duration_s) == (-TIMELINE_S, 0.0, TIMELINE_S + 100.0)


def test_leave_out_what_ended_before_the_edge(shop):
    order = way(shop, 0.0, (S.PAID, 5.0))

    assert [piece.status for piece in status_segments([order], now=TIMELINE_S + 5.0)] == [S.PAID]


def test_bear_a_stamp_that_is_ahead_of_our_clock(shop):
    assert status_segments([way(shop, 10.0, (S.PAID, 12.0))], now=11.0)[0].end == 0.0


@pytest.mark.parametrize("count", [0, 1, TIMELINE_ROWS])
def test_fill_as_many_rows_whatever_there_is(shop, count):
    orders = [way(shop, 10.0, (S.PAID, 20.0), id=f"ord_{n}") for n in range(count)]

    rows = timeline_data(status_segments(orders, now=30.0))

    assert rows["number"].nunique() == TIMELINE_ROWS
    assert list(rows["number"].unique()[:count]) == [order.number for order in orders]
    assert list(rows.columns) == ["number", "status", "start", "end", "duration_s"]
