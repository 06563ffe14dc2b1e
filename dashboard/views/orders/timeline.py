"""Timeline of open orders: one row per order, one bar segment per status.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from msgspec import Struct
from msgspec.structs import astuple

from dashboard.state.orders import TrackedOrder
from protocol.event_payloads import OrderStatus

TIMELINE_S = 300  # an order of the shop takes one to four minutes
TIMELINE_ROWS = (
    14  # of the chart; fewer orders leave the last ones empty, so that no bar changes its height
)
EMPTY_ROW_LABEL = "\N{ZERO WIDTH SPACE}"  # so many of them name an empty row


class StatusSegment(Struct, frozen=True):
    """An order was in ``status`` from ``start`` to ``end``: seconds before now, so negative.

    ``lasted`` is the whole time in that status, what was before the chart included.
    """

    number: str
    status: OrderStatus | str
    start: float
    end: float
    duration_s: float


def status_segments(orders: Iterable[TrackedOrder], now: float) -> list[StatusSegment]:
    """Return the status segments of the orders, clipped to the chart."""
    found = []
    for order in orders:
        ends = [step.at for step in order.history[1:]] + [max(now, order.changed_at)]
        for step, until in zip(order.history, ends, strict=True):
            start, end = max(step.at - now, -float(TIMELINE_S)), min(until - now, 0.0)
            if end > start:
                found.append(StatusSegment(order.number, step.status, start, end, until - step.at))
    return found


def timeline_data(segments: list[StatusSegment]) -> pd.DataFrame:
    """Make rows for ``charts.ways``, empty ones for the orders that there are not."""
    empty = TIMELINE_ROWS - len({piece.number for piece in segments})
    rows = [
        *segments,
        *(StatusSegment(EMPTY_ROW_LABEL * n, "", 0.0, 0.0, 0.0) for n in range(1, empty + 1)),
    ]
    return pd.DataFrame(
        [astuple(row) for row in rows], columns=list(StatusSegment.__struct_fields__)
    )
