"""Chart of one product's stock by warehouse over time, with its threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from dashboard.i18n.translate import _, cached_per_language
from dashboard.state.inventory import ProductStock
from dashboard.ui import charts
from dashboard.ui.charts import (
    ARIA_HIDDEN,
    BASE_SPEC,
    CEILING,
    DATA_ROWS,
    WARN_HEX,
    Y_TO_CEILING,
    Spec,
    time_axis,
)

WAREHOUSE_HEX = ("#129384", "#7A8699", "#8A9A3B", "#2F6FEB", "#A67C00")
"""The tones ``w0``, ``w1``, … in app.css; the chart repeats them from the sixth warehouse on."""
DASHED_RULE: Spec = ARIA_HIDDEN | {"type": "rule", "strokeDash": [4, 4], "strokeWidth": 1.5}


def tone(warehouse: int) -> str:
    """Return the tone of a warehouse by its place in the simulator's list."""
    return f"w{warehouse % len(WAREHOUSE_HEX)}"


def chart_points(
    product: ProductStock, end: float, length: int
) -> Iterable[tuple[float, tuple[int, ...]]]:
    """Return the ``length`` seconds up to ``end`` as steps: seconds before the end, and levels."""
    held = [level for level in product.history if level.at <= end - length]
    if held:
        yield -float(length), held[-1].quantities
    within = [level for level in product.history if end - length < level.at <= end]
    yield from ((level.at - end, level.quantities) for level in within)
    if last := (within or held):
        yield 0.0, last[-1].quantities


def stock_spec(warehouses: tuple[str, ...], length: int, zoomed_to: int | None) -> Spec:
    """Specify the levels of one product over so many seconds; wide data, see stock_data."""
    if zoomed_to is not None:
        return _make_spec(warehouses, length, zoomed_to)
    return _live_spec(warehouses, length)


@cached_per_language
def _live_spec(warehouses: tuple[str, ...], length: int) -> Spec:
    return _make_spec(warehouses, length, None)


def _make_spec(warehouses: tuple[str, ...], length: int, zoomed_to: int | None) -> Spec:
    shelf = {"field": "warehouse", "type": "nominal", "legend": None}
    colours = {"domain": list(warehouses), "range": list(WAREHOUSE_HEX)}
    threshold = Y_TO_CEILING | {"field": "threshold"}
    first_row = {"filter": "datum.is_first"}  # one rule and one label, not one for each row
    return BASE_SPEC | {
        "params": [CEILING],
        "resolve": {"scale": {"color": "independent"}},
        "layer": [
            {
                "transform": [DATA_ROWS, {"fold": list(warehouses), "as": ["warehouse", "left"]}],
                "mark": ARIA_HIDDEN
                | {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {
                    "y": Y_TO_CEILING | {"field": "left"},
                    "color": shelf | {"scale": colours},
                },
            },
            {
                "transform": [first_row],
                "mark": DASHED_RULE | {"color": WARN_HEX},
                "encoding": {"x": None, "y": threshold},
            },
            {
                "transform": [first_row],
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
            charts.hover_layer(
                [{"field": place, "type": "quantitative", "title": place} for place in warehouses]
            ),
        ],
        "encoding": {"x": time_axis(length, zoomed_to)},
    }


def stock_data(
    points: Sequence[tuple[float, tuple[int, ...]]],
    warehouses: Sequence[str],
    threshold: int,
    end: float,
    format_time: Callable[[float], str],
) -> pd.DataFrame:
    """Make rows for ``stock_spec`` of times (seconds before ``end``) and levels by warehouse."""
    frame = pd.DataFrame([left for _, left in points], columns=list(warehouses))
    frame["t"] = [t for t, _ in points]
    frame["time"] = [format_time(end + t) for t, _ in points]
    frame["threshold"] = threshold
    frame["is_first"] = [index == 0 for index in range(len(points))]
    most = max((max(left) for _, left in points), default=0)
    frame["ceiling"] = charts.round_up_nicely(max(most, threshold))
    return frame
