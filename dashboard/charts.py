"""Chart specifications, built once for each language.

Colours come from the theme: its categories 1-5 are the kinds, 6-8 the severities, 9 everyone.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard import gantt
from dashboard.channels import EVERYONE, KINDS
from dashboard.rates import WINDOW_S
from dashboard.words import _, once_a_language
from protocol import codec
from protocol.channels import Kind

Spec = dict[str, Any]
WARN_HEX = "#E07B12"  # legible on both grounds, as are:
SHELF_HEX = ("#129384", "#7A8699", "#8A9A3B", "#2F6FEB", "#A67C00")
STATUS_HEX = {  # of the bars: each status its own, where chips may share a tone
    "pending": "#9AA5B4",
    "payment_failed": "#E5384B",
    "paid": "#8DB4F7",
    "processing": "#2F6FEB",
    "shipped": "#129384",
}
THEME_ORDER = (*(str(kind) for kind in Kind), "bad", "warn", "ok", EVERYONE)
FRAME: Spec = {
    "padding": {"left": 0, "right": 4, "top": 4, "bottom": 0},
    "autosize": {"type": "fit", "contains": "padding"},
    "usermeta": {"embedOptions": {"logLevel": 1}},
}
VALUE: Spec = {
    "type": "quantitative",
    "title": None,
    "axis": {"tickCount": 4, "domain": False, "ticks": False},
}
FIGURES: Spec = VALUE["axis"] | {"format": ",.2~f"}
KIND: Spec = {
    "field": "kind",
    "type": "nominal",
    "scale": {"domain": list(THEME_ORDER)},
    "legend": None,
}
QUIET: Spec = {"aria": False}  # of a mark: the chart as a whole has its alternative text
RULE: Spec = QUIET | {"type": "rule", "strokeDash": [4, 4], "strokeWidth": 1.5}
STEPS = (1, 1.5, 2, 3, 4, 6, 8, 10)  # of a scale's upper end, times a power of ten
HOVER = {
    "type": "point",
    "on": "mouseover",
    "nearest": True,
    "clear": "mouseout",
    "encodings": ["x"],
}


def _quoted(text: str) -> str:
    return codec.write(text).decode()


def _seconds(length: int) -> Spec:
    """Make an axis of a fixed domain: the chart slides, its axis does not."""
    step = length // (4 if length <= WINDOW_S else 5)  # half minutes, minutes, two minutes
    value, unit = ("datum.value", _("s")) if length <= WINDOW_S else ("datum.value / 60", _("min"))
    now = _("now")
    words = f"datum.value == 0 ? {_quoted(now)} : {value} + {_quoted(' ' + unit)}"
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


FIELD: Spec = FRAME | {  # one number of one message type over time: at (ms), value, kind
    "mark": QUIET | {"type": "line", "interpolate": "step-after", "point": {"size": 18}},
    "encoding": {
        "x": {
            "field": "at",
            "type": "temporal",
            "title": None,
            "axis": {"format": "%H:%M:%S", "tickCount": 3, "grid": False},
        },
        "y": VALUE | {"field": "value", "scale": {"zero": False}, "axis": FIGURES},
        "color": KIND,
    },
}


@once_a_language
def ways(names: tuple[str, ...]) -> Spec:
    """Specify bars, a row of data a piece, see gantt.frame; ``names`` are STATUS_HEX's."""
    named = codec.write(dict(zip(STATUS_HEX, names, strict=True))).decode()
    return FRAME | {
        "transform": [{"calculate": f"{named}[datum.status]", "as": "name"}],
        "mark": QUIET | {"type": "bar", "height": {"band": 0.62}, "cornerRadius": 2},
        "encoding": {
            "x": _seconds(gantt.SPAN_S) | {"field": "start"},
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
                "scale": {"domain": list(STATUS_HEX), "range": list(STATUS_HEX.values())},
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


@once_a_language
def throughput() -> Spec:
    """Specify messages a second by kind, stacked; wide data, see throughput_frame."""
    title = _("{kind}, messages/s")
    return FRAME | {
        "layer": [
            {
                "transform": [{"fold": list(KINDS), "as": ["kind", "rate"]}],
                "mark": QUIET | {"type": "area", "interpolate": "monotone", "opacity": 0.8},
                "encoding": {"y": VALUE | {"field": "rate", "stack": "zero"}, "color": KIND},
            },
            {
                "mark": QUIET | {"type": "rule", "opacity": 0},
                "encoding": {"x": None, "y": VALUE | {"field": "ceiling", "aggregate": "max"}},
            },
            {
                "transform": [{"filter": "datum.mark"}],
                "mark": QUIET
                | {
                    "type": "rule",
                    "color": WARN_HEX,
                    "strokeDash": [4, 4],
                    "strokeWidth": 1.5,
                },
            },
            {
                "transform": [{"filter": "datum.mark"}],
                "mark": QUIET | {"type": "text", "align": "left", "dx": 5, "color": WARN_HEX},
                "encoding": {"text": {"field": "mark", "type": "nominal"}, "y": {"value": 8}},
            },
            {
                "params": [{"name": "hover", "select": HOVER}],
                "mark": QUIET | {"type": "rule", "strokeWidth": 1, "color": "#8A97A8"},
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
        "encoding": {"x": _seconds(WINDOW_S)},
    }


@once_a_language
def stock(warehouses: tuple[str, ...], length: int) -> Spec:
    """Specify the levels of one product over so many seconds; wide data, see stock_frame."""
    shelf = {"field": "warehouse", "type": "nominal", "legend": None}
    colours = {"domain": list(warehouses), "range": list(SHELF_HEX)}
    threshold = VALUE | {"field": "threshold", "aggregate": "max"}
    return FRAME | {
        "layer": [
            {
                "transform": [{"fold": list(warehouses), "as": ["warehouse", "left"]}],
                "mark": QUIET | {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {
                    "y": VALUE | {"field": "left", "scale": {"nice": 5}},
                    "color": shelf | {"scale": colours},
                },
            },
            {
                "mark": RULE | {"color": WARN_HEX},
                "encoding": {"x": None, "y": threshold},
            },
            {
                "mark": QUIET
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
        "encoding": {"x": _seconds(length)},
    }


def swatch(words: str, status: str) -> str:
    """Make a legend entry of the bars, in HTML."""
    colour = f'<i class="dot" style="background: {STATUS_HEX[status]}"></i>'
    return f'<span class="key">{colour}{html.escape(words)}</span>'


def ceiling(most: float) -> float:
    """Round up to a nice number, so that the axis does not change at every update."""
    step = 10.0 ** math.floor(math.log10(max(most, 1.0)))
    return next(step * factor for factor in STEPS if step * factor > most)


def throughput_frame(rows: Sequence[Mapping[str, float]], marks: Mapping[int, str]) -> pd.DataFrame:
    """Make rows for THROUGHPUT of seconds, oldest first; ``marks`` are words at t <= 0."""
    frame = pd.DataFrame(rows, columns=list(KINDS))
    frame["t"] = range(1 - len(frame), 1)
    frame["ceiling"] = ceiling(float(frame[list(KINDS)].sum(axis=1).max()))
    frame["mark"] = [marks.get(t, "") for t in frame["t"]]
    return frame


def stock_frame(
    steps: Sequence[tuple[float, tuple[int, ...]]], warehouses: Sequence[str], threshold: int
) -> pd.DataFrame:
    """Make rows for ``stock`` of moments (seconds, now is 0) and levels by warehouse."""
    frame = pd.DataFrame([left for _, left in steps], columns=list(warehouses))
    frame["t"] = [t for t, _ in steps]
    frame["threshold"] = threshold
    return frame


def field_frame(points: Sequence[tuple[float, float]], kind: str) -> pd.DataFrame:
    """Make rows for FIELD of moments (seconds since the epoch) and values."""
    return pd.DataFrame(
        {
            "at": [at * 1000 for at, _ in points],
            "value": [value for _, value in points],
            "kind": kind,
        }
    )
