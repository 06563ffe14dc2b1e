"""Axes and colours of every chart, and the throughput chart.

A chart of one page is in that page's folder.  Colours come from the theme: its categories 1-5 are
the channel kinds, 6-8 the severities, 9 messages to everyone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard.i18n.translate import _, cached_per_language
from dashboard.state.channels import EVERYONE, KINDS
from dashboard.state.time_series import WINDOW_S
from protocol import codec
from protocol.channels import ChannelKind

Spec = dict[str, Any]
WARN_HEX = "#E07B12"  # legible in both themes
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
KIND_COLOR: Spec = {
    "field": "kind",
    "type": "nominal",
    "scale": {"domain": list(COLOR_DOMAIN)},
    "legend": None,
}
ARIA_HIDDEN: Spec = {"aria": False}  # for a mark: the chart as a whole has an alternative text
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


def time_axis(length: int) -> Spec:
    """Return a time axis of the last ``length`` seconds; its labels do not move."""
    step = length // (4 if length <= WINDOW_S else 5)  # half minutes, minutes, two minutes
    value, unit = ("datum.value", _("s")) if length <= WINDOW_S else ("datum.value / 60", _("min"))
    now = _("now")
    label = f"datum.value == 0 ? {_json_string(now)} : {value} + {_json_string(' ' + unit)}"
    return {
        "field": "t",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-length, 0], "nice": False},
        "axis": {
            "values": list(range(step - length, 1, step)),
            "labelExpr": label,
            "grid": False,
            "ticks": False,
        },
    }


@cached_per_language
def throughput_spec() -> Spec:
    """Return the chart of messages per second, stacked by kind, for ``throughput_data``."""
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
        "encoding": {"x": time_axis(WINDOW_S)},
    }


def round_up_nicely(value: float) -> float:
    """Round up to a nice number, so that the axis does not change at every update."""
    step = 10.0 ** math.floor(math.log10(max(value, 1.0)))
    return next(step * factor for factor in NICE_STEPS if step * factor > value)


def throughput_data(
    rows: Sequence[Mapping[str, float]], annotations: Mapping[int, str]
) -> pd.DataFrame:
    """Return the data of the throughput chart.

    ``rows`` are seconds, oldest first; ``annotations`` are texts by second, now being 0.
    """
    frame = pd.DataFrame(rows, columns=list(KINDS))
    frame["t"] = range(1 - len(frame), 1)
    frame["ceiling"] = round_up_nicely(float(frame[list(KINDS)].sum(axis=1).max()))
    frame["mark"] = [annotations.get(t, "") for t in frame["t"]]
    return frame
