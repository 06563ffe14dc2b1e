"""Chart of one numeric field of a message type over time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.ui.charts import ARIA_HIDDEN, BASE_SPEC, KIND_COLOR, Y_VALUE, Spec

NUMBER_AXIS: Spec = Y_VALUE["axis"] | {"format": ",.2~f"}
FIELD_SPEC: Spec = BASE_SPEC | {  # of `field_data`
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


def field_data(points: Sequence[tuple[float, float]], kind: str) -> pd.DataFrame:
    """Return the chart's data from times (seconds since the epoch) and values."""
    return pd.DataFrame(
        {
            "at": [at * 1000 for at, _ in points],
            "value": [value for _, value in points],
            "kind": kind,
        }
    )
