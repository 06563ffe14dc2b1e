"""Axes, domains, tooltips and annotations of every chart with a time axis.

A chart of one page is in that page's folder.  Colours come from the theme: its categories 1-5 are
the channel kinds, 6-8 the severities, 9 messages to everyone.

Data and annotations are rows of one table: ``mark`` is empty in a row of data and otherwise the
kind of the annotation.  The specification is the same at every redraw, so that the browser only
replaces the table.  Every scale has its domain from there: Vega warns about a domain that it has
to compute from a table without rows, which each table is for a moment.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from dashboard.i18n.translate import _
from dashboard.state.channels import EVERYONE_KIND
from dashboard.state.time_series import WINDOW_S, TimeSpan
from protocol import codec
from protocol.channels import ChannelKind

Spec = dict[str, Any]
WARN_HEX = "#E07B12"  # legible in both themes
MUTED_HEX = "#7A8699"
COLOR_DOMAIN = (*(str(kind) for kind in ChannelKind), "bad", "warn", "ok", EVERYONE_KIND)
CEILING: Spec = {  # the upper end of the y axis, from the table's column of this name
    "name": "ceiling",
    "expr": "length(data('source')) ? data('source')[0].ceiling : 1",
}
BASE_SPEC: Spec = {
    "data": {"name": "source"},
    "padding": {"left": 0, "right": 4, "top": 4, "bottom": 0},
    "autosize": {"type": "fit", "contains": "padding"},
}
Y_VALUE: Spec = {
    "type": "quantitative",
    "title": None,
    "axis": {"tickCount": 4, "domain": False, "ticks": False},
}
Y_TO_CEILING: Spec = Y_VALUE | {"scale": {"domain": [0, {"expr": "ceiling"}], "nice": False}}
KIND_COLOR: Spec = {
    "field": "kind",
    "type": "nominal",
    "scale": {"domain": list(COLOR_DOMAIN)},
    "legend": None,
}
ARIA_HIDDEN: Spec = {"aria": False}  # for a mark: the chart as a whole has an alternative text
NICE_STEPS = (1, 1.5, 2, 3, 4, 6, 8, 10)  # of a scale's upper end, times a power of ten
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
MAX_TICKS = 6
HOVER_SELECTION = {
    "type": "point",
    "on": "mouseover",
    "nearest": True,
    "clear": "mouseout",
    "encodings": ["x"],
}
ZOOM = "zoom"  # the selection of a span by dragging
ZOOM_SELECTION = {"name": ZOOM, "select": {"type": "interval", "encodings": ["x"]}}
MIN_ZOOM_S = 5
DATA_ROWS: Spec = {"filter": "!datum.mark"}
LABEL_LINE_PX = 13
MARK_COLUMNS = ("mark", "t", "until", "begins", "ends", "label", "line")


class TimeMark(NamedTuple):
    """An annotation from ``since`` to ``until``, in seconds since the epoch.

    ``kind`` is ``scenario``, ``pause`` or ``gap``; ``until`` is None while it lasts.
    """

    kind: str
    label: str
    since: float
    until: float | None


def _json_string(text: str) -> str:
    return codec.encode_json(text).decode()


def _tick_step(length: int) -> int:
    return next((step for step in TICK_STEPS_S if length / step <= MAX_TICKS), TICK_STEPS_S[-1])


def time_axis(length: int, zoomed_to: int | None = None) -> Spec:
    """Return a time axis of ``length`` seconds for ``t``, in seconds before the end of the axis.

    Its labels count back from now, or are times of day if the axis ends at ``zoomed_to``, in
    seconds since the epoch.
    """
    step = _tick_step(length)
    if zoomed_to is None:
        ticks = list(range(-((length - 1) // step) * step, 1, step))
        value, unit = (
            ("datum.value", _("s")) if length <= WINDOW_S else ("datum.value / 60", _("min"))
        )
        label = f"{value} + {_json_string(' ' + unit)}"
        now = _("now")
        label = f"datum.value == 0 ? {_json_string(now)} : {label}"
    else:
        first = -(-(zoomed_to - length) // step) * step
        ticks = [second - zoomed_to for second in range(first, zoomed_to + 1, step)]
        label = f"timeFormat((datum.value + {zoomed_to}) * 1000, '%H:%M:%S')"
    return {
        "field": "t",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-length, 0], "nice": False},
        "axis": {"values": ticks, "labelExpr": label, "grid": False, "ticks": False},
    }


def mark_layers(length: int) -> list[Spec]:
    """Return the layers that draw the annotations of ``with_marks``: shades, rules and labels.

    Scenarios are lines at start and end, pauses and gaps are shaded.  Labels stay inside of the
    plot, so that it keeps its size, on the side of their line with more room.
    """
    is_right = f"datum.t > {-0.5 * length}"
    color = {
        "field": "mark",
        "type": "nominal",
        "scale": {"domain": ["scenario", "pause", "gap"], "range": [WARN_HEX, WARN_HEX, MUTED_HEX]},
        "legend": None,
    }
    rule = ARIA_HIDDEN | {"type": "rule", "strokeDash": [4, 4], "strokeWidth": 1.5, "clip": True}
    label = ARIA_HIDDEN | {
        "type": "text",
        "clip": True,
        "align": {"expr": f"{is_right} ? 'right' : 'left'"},
        "dx": {"expr": f"{is_right} ? -5 : 5"},
        "dy": {"expr": f"datum.line * {LABEL_LINE_PX}"},
    }
    until = {"field": "until", "type": "quantitative", "title": None}
    return [
        {
            "transform": [{"filter": "datum.mark == 'pause' || datum.mark == 'gap'"}],
            "mark": ARIA_HIDDEN | {"type": "rect", "opacity": 0.14, "clip": True},
            "encoding": {"x2": {"field": "until"}, "color": color},
        },
        {
            "transform": [{"filter": "datum.mark == 'scenario' && datum.begins"}],
            "mark": rule,
            "encoding": {"color": color},
        },
        {
            "transform": [{"filter": "datum.mark == 'scenario' && datum.ends"}],
            "mark": rule | {"opacity": 0.6},
            "encoding": {"x": until, "color": color},
        },
        {
            "transform": [{"filter": "datum.mark"}],
            "mark": label,
            "encoding": {
                "y": {"value": 8},
                "text": {"field": "label", "type": "nominal"},
                "color": color,
            },
        },
    ]


def with_marks(
    data: pd.DataFrame, marks: Iterable[TimeMark], end: float, length: int
) -> pd.DataFrame:
    """Append annotations to the data of a chart that ends at ``end``, in seconds since the epoch.

    Those outside of the chart's ``length`` seconds are left out.
    """
    rows: list[dict[str, Any]] = []
    for mark in sorted(marks, key=lambda mark: mark.since):
        t = mark.since - end
        until = 0.0 if mark.until is None else mark.until - end
        if until > -length and t < 0:
            rows.append(
                {
                    "mark": mark.kind,
                    "t": max(t, -float(length)),
                    "until": min(until, 0.0),
                    "begins": t > -length,
                    "ends": mark.until is not None and until < 0,
                    "label": mark.label,
                    "line": len(rows) % 3,  # so that labels that are close do not overlap
                }
            )
    annotations = pd.DataFrame(rows, columns=MARK_COLUMNS)
    joined = pd.concat([data, annotations], ignore_index=True) if rows else data.copy()
    texts = {name: "" for name in data if not pd.api.types.is_numeric_dtype(data[name])}
    for name in MARK_COLUMNS:
        if name not in joined:
            joined[name] = "" if name in ("mark", "label") else float("nan")
    filled: pd.DataFrame = joined.fillna(texts | {"mark": "", "label": ""})
    return filled


def round_up_nicely(value: float) -> float:
    """Round up to a nice number, so that the axis does not change at every update."""
    step = 10.0 ** math.floor(math.log10(max(value, 1.0)))
    return next(step * factor for factor in NICE_STEPS if step * factor > value)


def hover_layer(tooltip: list[Spec]) -> Spec:
    """Return a layer with a rule and a tooltip at the point nearest to the pointer.

    The column ``time`` is the tooltip's first line; a drag selects a span.
    """
    time = {"field": "time", "type": "nominal", "title": _("Time")}
    return {
        "params": [{"name": "hover", "select": HOVER_SELECTION}, ZOOM_SELECTION],
        "transform": [DATA_ROWS],
        "mark": ARIA_HIDDEN | {"type": "rule", "strokeWidth": 1, "color": MUTED_HEX},
        "encoding": {
            "opacity": {
                "condition": {"param": "hover", "empty": False, "value": 1},
                "value": 0,
            },
            "tooltip": [time, *tooltip],
        },
    }


def zoomed_span(selection: Any, shown: TimeSpan) -> TimeSpan | None:
    """Return the span that was selected by dragging in a chart of the ``shown`` span, if any."""
    selected = selection.get(ZOOM, {}).get("t") if selection else None
    if not selected:
        return None
    start, end = (shown.end + round(float(t)) for t in sorted(selected))
    return TimeSpan(max(start, shown.start), max(end, start + MIN_ZOOM_S - 1))
