"""Chart of one product's stock by warehouse over time, with its threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from dashboard.i18n.translate import _, cached_per_language
from dashboard.state.inventory import HISTORY_S, ProductStock
from dashboard.ui import charts
from dashboard.ui.charts import (
    ARIA_HIDDEN,
    BASE_SPEC,
    CEILING,
    DATA_ROWS,
    HOVER_SELECTION,
    MUTED_HEX,
    WARN_HEX,
    Y_TO_CEILING,
    Spec,
    time_axis,
)

CHART_WINDOWS_S = (120, 300, HISTORY_S)  # the shortest that shows the whole history is used
WAREHOUSE_HEX = ("#129384", "#7A8699", "#8A9A3B", "#2F6FEB", "#A67C00")
DASHED_RULE: Spec = ARIA_HIDDEN | {"type": "rule", "strokeDash": [4, 4], "strokeWidth": 1.5}


def chart_window(product: ProductStock, now: float) -> int:
    """Return how many seconds of history to show."""
    known = now - product.history[0].at
    return next((length for length in CHART_WINDOWS_S if known <= length), CHART_WINDOWS_S[-1])


def chart_points(
    product: ProductStock, length: int, now: float
) -> Iterable[tuple[float, tuple[int, ...]]]:
    """Return the last ``length`` seconds as steps: seconds before now (negative), and levels."""
    held = [level for level in product.history if level.at <= now - length]
    if held:
        yield -float(length), held[-1].quantities
    yield from (
        (level.at - now, level.quantities) for level in product.history if level.at > now - length
    )
    yield 0.0, product.quantities


@cached_per_language
def stock_spec(warehouses: tuple[str, ...], length: int) -> Spec:
    """Specify the levels of one product over so many seconds, for ``stock_data`` with marks."""
    levels = {
        "field": "warehouse",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(warehouses), "range": list(WAREHOUSE_HEX)},
    }
    threshold = Y_TO_CEILING | {"field": "threshold", "aggregate": "max"}
    number = {"type": "quantitative", "format": "d"}
    return BASE_SPEC | {
        "params": [CEILING],
        "layer": [
            {
                "transform": [
                    DATA_ROWS,
                    {"fold": list(warehouses), "as": ["warehouse", "left"]},
                ],
                "mark": ARIA_HIDDEN
                | {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {"y": Y_TO_CEILING | {"field": "left"}, "color": levels},
            },
            {
                "transform": [DATA_ROWS],
                "mark": DASHED_RULE | {"color": WARN_HEX},
                "encoding": {"x": None, "y": threshold},
            },
            {
                "transform": [DATA_ROWS],
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
            *charts.mark_layers(length),
            {
                "params": [{"name": "hover", "select": HOVER_SELECTION}],
                "transform": [DATA_ROWS],
                "mark": ARIA_HIDDEN | {"type": "rule", "strokeWidth": 1, "color": MUTED_HEX},
                "encoding": {
                    "opacity": {
                        "condition": {"param": "hover", "empty": False, "value": 1},
                        "value": 0,
                    },
                    "tooltip": [
                        {"field": "time", "type": "nominal", "title": _("Time")},
                        *(number | {"field": place, "title": place} for place in warehouses),
                    ],
                },
            },
        ],
        "encoding": {"x": time_axis(length)},
        "resolve": {"scale": {"color": "independent"}},
    }


def stock_data(
    points: Sequence[tuple[float, tuple[int, ...]]],
    warehouses: Sequence[str],
    threshold: int,
    format_time: Callable[[float], str],
) -> pd.DataFrame:
    """Make rows for ``stock_spec`` of times (seconds, now is 0) and levels by warehouse.

    ``format_time`` makes the text of a time for the tooltip.
    """
    frame = pd.DataFrame([left for _, left in points], columns=list(warehouses))
    frame["t"] = [t for t, _ in points]
    frame["time"] = [format_time(t) for t, _ in points]
    frame["threshold"] = threshold
    highest = max(threshold, *(level for _, levels in points for level in levels))
    frame["ceiling"] = charts.round_up_nicely(highest)
    return frame
