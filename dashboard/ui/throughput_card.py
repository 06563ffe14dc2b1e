"""The card with the chart of messages per second by channel kind."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Literal

import pandas as pd
import streamlit as st

from dashboard.i18n.translate import cached_per_language
from dashboard.state.channels import EVERYONE_KIND, KINDS
from dashboard.state.live_state import Snapshot
from dashboard.state.time_series import RATE_S, Series, TimeSpan, known_shares
from dashboard.ui import chart_window, charts, formatting, glossary, theme
from dashboard.ui.chart_window import ChartWindow
from dashboard.ui.charts import ARIA_HIDDEN, BASE_SPEC, CEILING, DATA_ROWS, KIND_COLOR, Spec
from dashboard.ui.theme import CardSize

LEAST_KNOWN = 0.5  # share of a long bucket: of one with less data, no point is drawn
LONG_BUCKET_S = 5  # counts are by whole seconds: a part of a shorter bucket has no exact rate


def draw(
    page: str,
    key: str,
    title: str,
    now: Snapshot,
    size: CardSize = "fit",
    height: int | Literal["stretch"] = "stretch",
) -> None:
    """Draw the card; the legend has the current rates, the head the choice of the window."""
    series = now.series
    window = chart_window.current(page, series.end)
    kinds = [kind for kind in KINDS if kind != EVERYONE_KIND or has_any(series, kind, window.span)]
    legend = "".join(
        formatting.dot_html(
            f"{kind} {formatting.format_number(series.now(kind, over=RATE_S), 1)}",
            kind,
            glossary.kind_explanation(kind),
        )
        for kind in kinds
    )
    key = f"{key}-{window.span.length}-{window.zoomed_to or 'live'}"
    with theme.card(
        "throughput", title, legend, size, lambda: chart_window.draw_controls(page, window)
    ):
        st.vega_lite_chart(
            throughput_data(now, window.span, formatting.format_time),
            throughput_spec(tuple(kinds), window),
            key=key,
            height=height,
            alt=title,
            on_select=chart_window.zoom_callback(page, key, window.span),
            selection_mode=charts.ZOOM,
        )


def has_any(series: Series, kind: str, span: TimeSpan) -> bool:
    """Tell whether there were messages of a kind in the span."""
    return any(series.rows.get(s, {}).get(kind) for s in range(span.start, span.end + 1))


def throughput_data(
    now: Snapshot, span: TimeSpan, format_time: Callable[[float], str]
) -> pd.DataFrame:
    """Return the data of the chart for ``throughput_spec``.

    Times without data are left out: ``part`` numbers the parts between them.  Where at least
    ``LEAST_KNOWN`` of a long bucket has data, its rate is that of this part.
    """
    ends = span.bucket_ends()
    shares = known_shares(ends, now.unknown)
    least = LEAST_KNOWN if ends.step >= LONG_BUCKET_S else 1.0
    known = [share >= least for share in shares]
    parts = list(accumulate(not is_known for is_known in known))
    means = pd.DataFrame(now.series.means(KINDS, ends), columns=list(KINDS))
    frame = means.div([max(share, least) for share in shares], axis=0)
    frame["t"] = [float(last - span.end) for last in ends]
    frame["time"] = [format_time(last) for last in ends]
    frame["part"] = parts
    frame = frame[known]
    most = frame[list(KINDS)].sum(axis=1).max() if len(frame) else 0.0
    marks = chart_window.time_marks(now, span.end + 1, span.length)
    table = charts.with_marks(frame, marks, span.end + 1, span.length)
    table["ceiling"] = charts.round_up_nicely(float(most))
    return table


def throughput_spec(kinds: tuple[str, ...], window: ChartWindow) -> Spec:
    """Return the specification of the chart of these kinds, stacked, for ``throughput_data``."""
    length = window.span.length
    if window.is_zoomed:
        return _make_spec(kinds, length, window.zoomed_to)
    return _live_spec(kinds, length)


def _make_spec(kinds: tuple[str, ...], length: int, zoomed_to: int | None) -> Spec:
    number = {"type": "quantitative", "format": ".1f"}
    return BASE_SPEC | {
        "params": [CEILING],
        "view": {"cursor": "crosshair"},  # a drag selects a span
        "layer": [
            {
                "transform": [DATA_ROWS, {"fold": list(kinds), "as": ["kind", "rate"]}],
                "mark": ARIA_HIDDEN
                | {"type": "area", "interpolate": "monotone", "opacity": 0.8, "clip": True},
                "encoding": {
                    "y": charts.Y_TO_CEILING | {"field": "rate", "stack": "zero"},
                    "color": KIND_COLOR,
                    "detail": {"field": "part", "type": "nominal"},
                },
            },
            *charts.mark_layers(length),
            charts.hover_layer([number | {"field": kind, "title": kind} for kind in kinds]),
        ],
        "encoding": {"x": charts.time_axis(length, zoomed_to)},
        "resolve": {"scale": {"color": "independent"}},
    }


@cached_per_language
def _live_spec(kinds: tuple[str, ...], length: int) -> Spec:
    return _make_spec(kinds, length, None)
