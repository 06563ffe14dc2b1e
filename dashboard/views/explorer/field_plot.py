"""Chart of one numeric field of a message type over time.

Drag or turn the wheel over it to zoom and move along the time, double-click to see all again.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.i18n.translate import _, cached_per_language
from dashboard.ui.charts import ARIA_HIDDEN, BASE_SPEC, KIND_COLOR, Y_VALUE, Spec

HEIGHT_PX = 150
MARGIN = 0.08  # of the range of values, above and below the line
NUMBER_AXIS: Spec = Y_VALUE["axis"] | {"format": ",.2~f"}


def _from_first_row(column: str, otherwise: int) -> Spec:
    """Return a parameter: see ``charts`` for why domains are in the table."""
    return {
        "name": column,
        "expr": f"length(data('source')) ? data('source')[0].{column} : {otherwise}",
    }


@cached_per_language
def field_spec() -> Spec:
    """Return the chart of ``field_data``."""
    return BASE_SPEC | {
        "params": [
            _from_first_row("first", 0),
            _from_first_row("last", 1),
            _from_first_row("lowest", 0),
            _from_first_row("highest", 1),
        ],
        "layer": [
            {
                "params": [
                    {
                        "name": "zoom",
                        "select": {"type": "interval", "encodings": ["x"]},
                        "bind": "scales",
                    }
                ],
                "mark": ARIA_HIDDEN
                | {
                    "type": "line",
                    "interpolate": "step-after",
                    "point": {"size": 36},
                    "clip": True,
                },
            }
        ],
        "encoding": {
            "x": {
                "field": "at",
                "type": "temporal",
                "title": None,
                "scale": {"domain": [{"expr": "first"}, {"expr": "last"}], "nice": False},
                "axis": {"format": "%H:%M:%S", "tickCount": 3, "grid": False},
            },
            "y": Y_VALUE
            | {
                "field": "value",
                "scale": {"domain": [{"expr": "lowest"}, {"expr": "highest"}], "nice": False},
                "axis": NUMBER_AXIS,
            },
            "color": KIND_COLOR,
            "tooltip": [
                {"field": "at", "type": "temporal", "format": "%H:%M:%S.%L", "title": _("Time")},
                {"field": "value", "type": "quantitative", "format": ",.2~f", "title": _("Value")},
            ],
        },
    }


def field_data(points: Sequence[tuple[float, float]], kind: str) -> pd.DataFrame:
    """Return the chart's data from times (seconds since the epoch) and values, oldest first."""
    times = [at * 1000 for at, _ in points]
    values = [value for _, value in points]
    lowest, highest = min(values, default=0.0), max(values, default=0.0)
    margin = MARGIN * (highest - lowest) or 1.0
    return pd.DataFrame(
        {
            "at": times,
            "value": values,
            "kind": kind,
            "first": min(times, default=0.0),
            "last": max(times, default=1.0),
            "lowest": lowest - margin,
            "highest": highest + margin,
        }
    )
