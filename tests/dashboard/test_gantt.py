"""The ways of orders as bars."""

from dashboard.gantt import SPAN_S, frame, pieces
from dashboard.orderbook import Orders
from protocol.events import OrderStatus as S
from protocol.events import OrderUpdated


def way(shop, *steps, id="ord_1"):
    """An order that was placed and moved at these moments."""
    orders = Orders()
    (placed, *moves) = steps
    orders.placed(shop.order(id), placed)
    for status, at in moves:
        orders.moved(OrderUpdated(id, status), at)
    return orders.newest_first()[0]


def told(piece):
    return (piece.row, piece.status, piece.start, piece.end)


def test_have_a_piece_for_each_status_and_the_last_ends_now(shop):
    order = way(shop, 10.0, (S.PAID, 15.0), (S.PROCESSING, 40.0))

    assert [told(piece) for piece in pieces([order], now=50.0)] == [
        (0, S.PENDING, -40.0, -35.0),
        (0, S.PAID, -35.0, -10.0),
        (0, S.PROCESSING, -10.0, 0.0),
    ]


def test_keep_the_rows_of_their_orders(shop):
    orders = [way(shop, 10.0, id="ord_1"), way(shop, 20.0, id="ord_2")]

    assert [(piece.row, piece.number) for piece in pieces(orders, now=30.0)] == [
        (0, "ORD-1"),
        (1, "ORD-2"),
    ]


def test_begin_at_the_edge_where_they_began_before_it_and_say_the_whole_time(shop):
    (piece,) = pieces([way(shop, 0.0)], now=SPAN_S + 100.0)

    assert (piece.start, piece.end, piece.lasted) == (-SPAN_S, 0.0, SPAN_S + 100.0)


def test_leave_out_what_ended_before_the_edge(shop):
    order = way(shop, 0.0, (S.PAID, 5.0))

    assert [piece.status for piece in pieces([order], now=SPAN_S + 5.0)] == [S.PAID]


def test_bear_a_stamp_that_is_ahead_of_our_clock(shop):
    assert pieces([way(shop, 10.0, (S.PAID, 12.0))], now=11.0)[0].end == 0.0


def test_have_columns_even_when_there_is_no_order():
    assert list(frame([]).columns) == ["row", "number", "status", "start", "end", "lasted"]
