"""Timeline of open orders: one row per order, one bar segment per status."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable

import pandas as pd
from msgspec import Struct
from msgspec.structs import astuple

from dashboard.i18n.translate import _, cached_per_language
from dashboard.state.orders import TrackedOrder
from dashboard.ui import charts
from dashboard.ui.charts import ARIA_HIDDEN, BASE_SPEC, DATA_ROWS, Spec, time_axis
from protocol import codec
from protocol.event_payloads import OrderStatus

TIMELINE_S = 300  # an order of the shop takes one to four minutes
TIMELINE_ROWS = (
    14  # of the chart; fewer orders leave the last ones empty, so that no bar changes its height
)
EMPTY_ROW_LABEL = "\N{ZERO WIDTH SPACE}"  # repeated, it names an empty row


STATUS_BAR_HEX = {  # of the bars: each status its own, where chips may share a tone
    "pending": "#9AA5B4",
    "payment_failed": "#E5384B",
    "paid": "#8DB4F7",
    "processing": "#2F6FEB",
    "shipped": "#129384",
}


class StatusSegment(Struct, frozen=True):
    """An order was in ``status`` from ``start`` to ``end``: seconds before now, so negative.

    ``duration_s`` is the whole time in that status, including what lies before the chart.
    """

    number: str
    status: OrderStatus | str
    start: float
    end: float
    duration_s: float


def status_segments(orders: Iterable[TrackedOrder], now: float) -> list[StatusSegment]:
    """Return the status segments of the orders, clipped to the chart."""
    segments = []
    for order in orders:
        ends = [step.at for step in order.history[1:]] + [max(now, order.changed_at)]
        for step, until in zip(order.history, ends, strict=True):
            start, end = max(step.at - now, -float(TIMELINE_S)), min(until - now, 0.0)
            if end > start:
                segments.append(
                    StatusSegment(order.number, step.status, start, end, until - step.at)
                )
    return segments


def timeline_data(
    segments: list[StatusSegment], now: float, format_time: Callable[[float], str]
) -> pd.DataFrame:
    """Return the chart's data, with empty rows up to ``TIMELINE_ROWS``."""
    empty = TIMELINE_ROWS - len({segment.number for segment in segments})
    rows = [
        *segments,
        *(StatusSegment(EMPTY_ROW_LABEL * n, "", 0.0, 0.0, 0.0) for n in range(1, empty + 1)),
    ]
    frame = pd.DataFrame(
        [astuple(row) for row in rows], columns=list(StatusSegment.__struct_fields__)
    )
    frame["row"] = frame.groupby("number", sort=False).ngroup()
    frame["time"] = [format_time(now + row.end - row.duration_s) for row in rows]
    return frame


@cached_per_language
def order_timeline_spec(status_labels: tuple[str, ...]) -> Spec:
    """Return the chart of bars for ``timeline_data``; the labels are in STATUS_BAR_HEX's order."""
    named = codec.encode_json(dict(zip(STATUS_BAR_HEX, status_labels, strict=True))).decode()
    bars = {
        "transform": [DATA_ROWS, {"calculate": f"{named}[datum.status]", "as": "name"}],
        "mark": ARIA_HIDDEN | {"type": "bar", "height": {"band": 0.62}, "cornerRadius": 2},
        "encoding": {
            "x": time_axis(TIMELINE_S) | {"field": "start"},
            "x2": {"field": "end"},
            "y": {
                "field": "number",
                "type": "nominal",
                "sort": {"field": "row", "op": "min"},
                "title": None,
                "axis": {"domain": False, "ticks": False, "minExtent": 110, "labelLimit": 110},
            },
            "color": {
                "field": "status",
                "type": "nominal",
                "scale": {"domain": list(STATUS_BAR_HEX), "range": list(STATUS_BAR_HEX.values())},
                "legend": None,
            },
            "tooltip": [
                {"field": "number", "type": "nominal", "title": _("Order")},
                {"field": "name", "type": "nominal", "title": _("Status")},
                {"field": "time", "type": "nominal", "title": _("Since")},
                {
                    "field": "duration_s",
                    "type": "quantitative",
                    "format": ".0f",
                    "title": _("Duration, s"),
                },
            ],
        },
    }
    return BASE_SPEC | {
        "layer": [bars, *charts.mark_layers(TIMELINE_S)],
        "encoding": {"x": time_axis(TIMELINE_S)},
        "resolve": {"scale": {"color": "independent"}},
    }


def legend_entry(label: str, status: str) -> str:
    """Return a legend entry of the bars as HTML."""
    colour = f'<i class="dot" style="background: {STATUS_BAR_HEX[status]}"></i>'
    return f'<span class="key">{colour}{html.escape(label)}</span>'
