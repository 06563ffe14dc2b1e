"""Chart of one numeric field of a message type over time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.i18n.translate import _, cached_per_language
from dashboard.ui.charts import ARIA_HIDDEN, BASE_SPEC, KIND_COLOR, Y_VALUE, Spec

HEIGHT_PX = 150
NUMBER_AXIS: Spec = Y_VALUE["axis"] | {"format": ",.2~f"}


@cached_per_language
def field_spec() -> Spec:
    """Return the chart of ``field_data``: drag or scroll to zoom in, double-click to zoom out."""
    return BASE_SPEC | {
        "params": [
            {"name": "zoom", "select": {"type": "interval", "encodings": ["x"]}, "bind": "scales"}
        ],
        "mark": ARIA_HIDDEN
        | {"type": "line", "interpolate": "step-after", "point": {"size": 40}, "clip": True},
        "encoding": {
            "x": {
                "field": "at",
                "type": "temporal",
                "title": None,
                "axis": {"format": "%H:%M:%S", "tickCount": 3, "grid": False},
            },
            "y": Y_VALUE | {"field": "value", "scale": {"zero": False}, "axis": NUMBER_AXIS},
            "color": KIND_COLOR,
            "tooltip": [
                {"field": "at", "type": "temporal", "format": "%H:%M:%S.%L", "title": _("Time")},
                {"field": "value", "type": "quantitative", "format": ",.2~f", "title": _("Value")},
            ],
        },
    }


def field_data(points: Sequence[tuple[float, float]], kind: str) -> pd.DataFrame:
    """Return the chart's data from times (seconds since the epoch) and values."""
    return pd.DataFrame(
        {
            "at": [at * 1000 for at, _ in points],
            "value": [value for _, value in points],
            "kind": kind,
        }
    )
