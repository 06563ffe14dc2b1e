"""Open orders as bars: a row an order, a piece of its bar a status, the last minutes.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from msgspec import Struct

from dashboard.orderbook import OrderSeen
from protocol.events import OrderStatus

SPAN_S = 300  # an order of the shop takes one to four minutes


class Piece(Struct, frozen=True):
    """An order was in ``status`` from ``start`` to ``end``: seconds before now, so negative."""

    row: int
    number: str
    status: OrderStatus
    start: float
    end: float
    lasted: float


def pieces(orders: Iterable[OrderSeen], now: float, span: float = SPAN_S) -> list[Piece]:
    """Cut the orders' ways into pieces, those before ``span`` left out; rows count from 0.

    ``lasted`` is the whole time in that status, that before ``span`` included.
    """
    found = []
    for row, order in enumerate(orders):
        ends = [step.at for step in order.history[1:]] + [max(now, order.changed_at)]
        for step, end in zip(order.history, ends, strict=True):
            start, end_ = max(step.at - now, -span), min(end - now, 0.0)
            if end_ > start:
                found.append(Piece(row, order.number, step.status, start, end_, end - step.at))
    return found


def frame(pieces: list[Piece]) -> pd.DataFrame:
    """Make rows for ``charts.WAYS``."""
    fields = Piece.__struct_fields__
    return pd.DataFrame([[getattr(p, f) for f in fields] for p in pieces], columns=list(fields))
