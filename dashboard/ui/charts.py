"""Chart specifications, built once for each language.

Colours come from the theme: its categories 1-5 are the kinds, 6-8 the severities, 9 everyone.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard.i18n.translate import _, cached_per_language
from dashboard.state.channels import EVERYONE, KINDS
from dashboard.state.time_series import WINDOW_S
from dashboard.views.orders import timeline
from protocol import codec
from protocol.channels import ChannelKind

Spec = dict[str, Any]
WARN_HEX = "#E07B12"  # legible on both grounds, as are:
WAREHOUSE_HEX = ("#129384", "#7A8699", "#8A9A3B", "#2F6FEB", "#A67C00")
STATUS_BAR_HEX = {  # of the bars: each status its own, where chips may share a tone
    "pending": "#9AA5B4",
    "payment_failed": "#E5384B",
    "paid": "#8DB4F7",
    "processing": "#2F6FEB",
    "shipped": "#129384",
}
COLOR_DOMAIN = (*(str(kind) for kind in ChannelKind), "bad", "warn", "ok", EVERYONE)
BASE_SPEC: Spec = {
    "padding": {"left": 0, "right": 4, "top": 4, "bottom": 0},
    "autosize": {"type": "fit", "contains": "padding"},
    "usermeta": {"embedOptions": {"logLevel": 1}},
}
Y_VALUE: Spec = {
    "type": "quantitative",
    "title": None,
    "axis": {"tickCount": 4, "domain": False, "ticks": False},
}
NUMBER_AXIS: Spec = Y_VALUE["axis"] | {"format": ",.2~f"}
KIND_COLOR: Spec = {
    "field": "kind",
    "type": "nominal",
    "scale": {"domain": list(COLOR_DOMAIN)},
    "legend": None,
}
ARIA_HIDDEN: Spec = {"aria": False}  # of a mark: the chart as a whole has its alternative text
DASHED_RULE: Spec = ARIA_HIDDEN | {"type": "rule", "strokeDash": [4, 4], "strokeWidth": 1.5}
NICE_STEPS = (1, 1.5, 2, 3, 4, 6, 8, 10)  # of a scale's upper end, times a power of ten
HOVER_SELECTION = {
    "type": "point",
    "on": "mouseover",
    "nearest": True,
    "clear": "mouseout",
    "encodings": ["x"],
}


def _json_string(text: str) -> str:
    return codec.encode_json(text).decode()


def _time_axis(length: int) -> Spec:
    """Make an axis of a fixed domain: the chart slides, its axis does not."""
    step = length // (4 if length <= WINDOW_S else 5)  # half minutes, minutes, two minutes
    value, unit = ("datum.value", _("s")) if length <= WINDOW_S else ("datum.value / 60", _("min"))
    now = _("now")
    words = f"datum.value == 0 ? {_json_string(now)} : {value} + {_json_string(' ' + unit)}"
    return {
        "field": "t",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-length, 0], "nice": False},
        "axis": {
            "values": list(range(step - length, 1, step)),
            "labelExpr": words,
            "grid": False,
            "ticks": False,
        },
    }


FIELD_SPEC: Spec = BASE_SPEC | {  # one number of one message type over time: at (ms), value, kind
    "mark": ARIA_HIDDEN | {"type": "line", "interpolate": "step-after", "point": {"size": 18}},
    "encoding": {
        "x": {
            "field": "at",
            "type": "temporal",
            "title": None,
            "axis": {"format": "%H:%M:%S", "tickCount": 3, "grid": False},
        },
        "y": Y_VALUE | {"field": "value", "scale": {"zero": False}, "axis": NUMBER_AXIS},
        "color": KIND_COLOR,
    },
}


@cached_per_language
def order_timeline_spec(status_labels: tuple[str, ...]) -> Spec:
    """Specify bars, a row of data a piece, see gantt.frame; ``names`` are STATUS_HEX's."""
    named = codec.encode_json(dict(zip(STATUS_BAR_HEX, status_labels, strict=True))).decode()
    return BASE_SPEC | {
        "transform": [{"calculate": f"{named}[datum.status]", "as": "name"}],
        "mark": ARIA_HIDDEN | {"type": "bar", "height": {"band": 0.62}, "cornerRadius": 2},
        "encoding": {
            "x": _time_axis(timeline.TIMELINE_S) | {"field": "start"},
            "x2": {"field": "end"},
            "y": {
                "field": "number",
                "type": "nominal",
                "sort": None,
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
                {
                    "field": "lasted",
                    "type": "quantitative",
                    "format": ".0f",
                    "title": _("Duration, s"),
                },
            ],
        },
    }


@cached_per_language
def throughput_spec() -> Spec:
    """Specify messages a second by kind, stacked; wide data, see throughput_frame."""
    title = _("{kind}, messages/s")
    return BASE_SPEC | {
        "layer": [
            {
                "transform": [{"fold": list(KINDS), "as": ["kind", "rate"]}],
                "mark": ARIA_HIDDEN | {"type": "area", "interpolate": "monotone", "opacity": 0.8},
                "encoding": {
                    "y": Y_VALUE | {"field": "rate", "stack": "zero"},
                    "color": KIND_COLOR,
                },
            },
            {
                "mark": ARIA_HIDDEN | {"type": "rule", "opacity": 0},
                "encoding": {"x": None, "y": Y_VALUE | {"field": "ceiling", "aggregate": "max"}},
            },
            {
                "transform": [{"filter": "datum.mark"}],
                "mark": ARIA_HIDDEN
                | {
                    "type": "rule",
                    "color": WARN_HEX,
                    "strokeDash": [4, 4],
                    "strokeWidth": 1.5,
                },
            },
            {
                "transform": [{"filter": "datum.mark"}],
                "mark": ARIA_HIDDEN | {"type": "text", "align": "left", "dx": 5, "color": WARN_HEX},
                "encoding": {"text": {"field": "mark", "type": "nominal"}, "y": {"value": 8}},
            },
            {
                "params": [{"name": "hover", "select": HOVER_SELECTION}],
                "mark": ARIA_HIDDEN | {"type": "rule", "strokeWidth": 1, "color": "#8A97A8"},
                "encoding": {
                    "opacity": {
                        "condition": {"param": "hover", "empty": False, "value": 1},
                        "value": 0,
                    },
                    "tooltip": [
                        {
                            "field": kind,
                            "type": "quantitative",
                            "format": ".1f",
                            "title": title.format(kind=kind),
                        }
                        for kind in KINDS
                    ],
                },
            },
        ],
        "encoding": {"x": _time_axis(WINDOW_S)},
    }


@cached_per_language
def stock_spec(warehouses: tuple[str, ...], length: int) -> Spec:
    """Specify the levels of one product over so many seconds; wide data, see stock_frame."""
    shelf = {"field": "warehouse", "type": "nominal", "legend": None}
    colours = {"domain": list(warehouses), "range": list(WAREHOUSE_HEX)}
    threshold = Y_VALUE | {"field": "threshold", "aggregate": "max"}
    return BASE_SPEC | {
        "layer": [
            {
                "transform": [{"fold": list(warehouses), "as": ["warehouse", "left"]}],
                "mark": ARIA_HIDDEN
                | {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {
                    "y": Y_VALUE | {"field": "left", "scale": {"nice": 5}},
                    "color": shelf | {"scale": colours},
                },
            },
            {
                "mark": DASHED_RULE | {"color": WARN_HEX},
                "encoding": {"x": None, "y": threshold},
            },
            {
                "mark": ARIA_HIDDEN
                | {
                    "type": "text",
                    "align": "left",
                    "dx": 4,
                    "dy": -7,
                    "color": WARN_HEX,
                    "text": _("threshold"),
                },
                "encoding": {"x": {"value": 0}, "y": threshold},
            },
        ],
        "encoding": {"x": _time_axis(length)},
    }


def legend_entry(label: str, status: str) -> str:
    """Make a legend entry of the bars, in HTML."""
    colour = f'<i class="dot" style="background: {STATUS_BAR_HEX[status]}"></i>'
    return f'<span class="key">{colour}{html.escape(label)}</span>'


def round_up_nicely(value: float) -> float:
    """Round up to a nice number, so that the axis does not change at every update."""
    step = 10.0 ** math.floor(math.log10(max(value, 1.0)))
    return next(step * factor for factor in NICE_STEPS if step * factor > value)


def throughput_data(
    rows: Sequence[Mapping[str, float]], annotations: Mapping[int, str]
) -> pd.DataFrame:
    """Make rows for THROUGHPUT of seconds, oldest first; ``marks`` are words at t <= 0."""
    frame = pd.DataFrame(rows, columns=list(KINDS))
    frame["t"] = range(1 - len(frame), 1)
    frame["ceiling"] = round_up_nicely(float(frame[list(KINDS)].sum(axis=1).max()))
    frame["mark"] = [annotations.get(t, "") for t in frame["t"]]
    return frame


def stock_data(
    points: Sequence[tuple[float, tuple[int, ...]]], warehouses: Sequence[str], threshold: int
) -> pd.DataFrame:
    """Make rows for ``stock`` of moments (seconds, now is 0) and levels by warehouse."""
    frame = pd.DataFrame([left for _, left in points], columns=list(warehouses))
    frame["t"] = [t for t, _ in points]
    frame["threshold"] = threshold
    return frame


def field_data(points: Sequence[tuple[float, float]], kind: str) -> pd.DataFrame:
    """Make rows for FIELD of moments (seconds since the epoch) and values."""
    return pd.DataFrame(
        {
            "at": [at * 1000 for at, _ in points],
            "value": [value for _, value in points],
            "kind": kind,
        }
    )
