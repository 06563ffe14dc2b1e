"""Chart of one numeric field of a message type over time.

Drag or turn the wheel over it to zoom and move along the time, double-click to see all again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from dashboard.i18n.translate import _, cached_per_language
from dashboard.ui.charts import ARIA_HIDDEN, BASE_SPEC, KIND_COLOR, Y_VALUE, Spec

HEIGHT_PX = 150
MARGIN = 0.07  # of a domain, on each side: a point at its end is not cut
TICK_STEPS = (1, 2, 5, 10)  # times a power of ten
MAX_INTERVALS = 4  # of the y axis
NUMBER_AXIS: Spec = Y_VALUE["axis"] | {
    "format": ",.2~f",
    "values": {"expr": "sequence(bottom, top + step / 2, step)"},
}


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
            _from_first_row("bottom", 0),
            _from_first_row("top", 1),
            _from_first_row("step", 1),
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
            },
            {
                "transform": [{"filter": "datum.selected"}],
                "mark": ARIA_HIDDEN
                | {"type": "point", "size": 140, "strokeWidth": 2, "filled": False, "clip": True},
            },
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


def field_data(
    points: Sequence[tuple[float, float]], kind: str, selected_at: float = 0.0
) -> pd.DataFrame:
    """Return the chart's data from times (seconds since the epoch) and values, oldest first.

    The points of the time ``selected_at`` have a ring.
    """
    times = [at * 1000 for at, _ in points]
    values = [value for _, value in points]
    first, last = min(times, default=0.0), max(times, default=1.0)
    bottom, top, step = _even_ticks(min(values, default=0.0), max(values, default=0.0))
    pad_x, pad_y = MARGIN * (last - first) or 1.0, MARGIN * (top - bottom)
    return pd.DataFrame(
        {
            "at": times,
            "value": values,
            "kind": kind,
            "selected": [at == selected_at for at, _ in points],
            "first": first - pad_x,
            "last": last + pad_x,
            "lowest": bottom - pad_y,
            "highest": top + pad_y,
            "bottom": bottom,
            "top": top,
            "step": step,
        }
    )


def _even_ticks(lowest: float, highest: float) -> tuple[float, float, float]:
    """Return the first tick, the last and their distance; all values are between them."""
    if lowest == highest:
        lowest, highest = lowest - 1.0, highest + 1.0
    least = (highest - lowest) / MAX_INTERVALS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(n * power for n in TICK_STEPS if n * power >= least)
    return math.floor(lowest / step) * step, math.ceil(highest / step) * step, step
