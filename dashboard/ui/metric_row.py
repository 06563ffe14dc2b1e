"""A row of key metrics, each with a sparkline of the last two minutes.

A sparkline is SVG in Markdown: its axis begins at zero, or has its ends written beside it.
Streamlit's own, of ``st.metric``, ends at its lowest and highest value, so that 27 beside 28
connections looks like a cliff.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.state.live_state import CONNECTIONS, Snapshot
from dashboard.state.time_series import (
    WINDOW_S,
    TimeSpan,
    known_buckets,
    sparkline_ends,
)
from dashboard.ui import charts, formatting

SPARKLINE_HEIGHT = 32  # px, and the units of the drawing's y axis


class Metric(NamedTuple):
    """One metric; without a ``value`` a dash is shown.

    A point of the ``sparkline`` is None where there is no data.  ``band`` are the lowest and the
    highest values at its points.  ``caption`` is a line below.  The label links to ``page``, the
    name of a view.  ``is_total``: the axis shows the growth, not the distance from zero.
    """

    label: str
    help: str
    value: str | None
    sparkline: Sequence[float | None]
    band: Sequence[tuple[float, float] | None] = ()
    caption: str = ""
    page: str = ""
    params: Mapping[str, str] = {}
    is_total: bool = False


def draw(metrics: Sequence[Metric]) -> None:
    """Draw the metrics side by side, in several rows where the window is narrow."""
    with st.grid(len(metrics), min_column_width=140, gap="xsmall"):
        for index, metric in enumerate(metrics):
            with st.container(border=True, key=f"metric-{index}", gap=None, height="stretch"):
                if metric.page:
                    st.page_link(
                        f"views/{metric.page}/page.py",
                        label=metric.label,
                        help=metric.help,
                        query_params=dict(metric.params),
                    )
                else:
                    st.caption(metric.label, help=metric.help)
                st.markdown(metric_html(metric), unsafe_allow_html=True)


def metric_html(metric: Metric) -> str:
    """Return the value, the sparkline with the ends of its axis, and the caption."""
    low, high = axis_ends(metric)
    value = html.escape(metric.value if metric.value is not None else "–")
    ends = "".join(f"<span>{html.escape(_format_end(end))}</span>" for end in (high, low))
    drawing = sparkline_svg(metric, low, high)
    return (
        f'<div class="metric"><b>{value}</b>'
        f'<div class="spark">{drawing}<div class="ends" aria-hidden="true">{ends}</div></div>'
        f"<small>{html.escape(metric.caption)}</small></div>"
    )


def axis_ends(metric: Metric) -> tuple[float, float]:
    """Return the lower and the upper end of the sparkline's axis."""
    values = [point for point in metric.sparkline if point is not None]
    values += [end for ends in metric.band if ends for end in ends]
    high = max(values, default=0.0)
    if metric.is_total:
        return min(values, default=0.0), high
    return 0.0, charts.round_up_nicely(high)


def _format_end(end: float) -> str:
    if end >= 1000:
        return formatting.format_count(int(end))
    return formatting.format_number(end, 0 if end == int(end) or end >= 10 else 1)


def sparkline_svg(metric: Metric, low: float, high: float) -> str:
    """Return the drawing: an area with a line, or with the band of lows and highs behind it."""
    count, scale = len(metric.sparkline), SPARKLINE_HEIGHT / ((high - low) or 1.0)

    def place(index: int, value: float) -> str:
        return (
            f"{100 * index / max(count - 1, 1):.2f} {SPARKLINE_HEIGHT - (value - low) * scale:.2f}"
        )

    shapes = ""
    for part in _parts(metric.sparkline):
        line = "L".join(place(index, value) for index, value in part)
        first, last = part[0][0], part[-1][0]
        if metric.band:
            ends = [(index, metric.band[index] or (value, value)) for index, value in part]
            lows = [place(index, lowest) for index, (lowest, _high) in ends]
            highs = [place(index, highest) for index, (_low, highest) in ends]
            shapes += f'<path class="band" d="M{"L".join([*highs, *reversed(lows)])}Z"/>'
        base = f"M{place(first, low)}L{line}L{place(last, low)}Z"
        shapes += f'<path class="area" d="{base}"/><path class="line" d="M{line}"/>'
    known = [point for point in metric.sparkline if point is not None]
    label = _("{label} in the last two minutes: from {low} to {high}").format(
        label=metric.label,
        low=_format_end(min(known, default=0.0)),
        high=_format_end(max(known, default=0.0)),
    )
    return (
        f'<svg viewBox="0 0 100 {SPARKLINE_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{html.escape(label)}">{shapes}</svg>'
    )


def _parts(points: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the parts between the points without data, with the index of each point."""
    parts: list[list[tuple[int, float]]] = [[]]
    for index, point in enumerate(points):
        if point is not None:
            parts[-1].append((index, point))
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def known_only(now: Snapshot, sparkline: Sequence[float]) -> list[float | None]:
    """Return a sparkline of ``now`` without the points for which there is no data."""
    known = known_buckets(sparkline_ends(now.series.end), now.unknown)
    return [point if is_known else None for point, is_known in zip(sparkline, known, strict=True)]


def connections_metric(now: Snapshot, page: str = "") -> Metric:
    """Return the number of connections with its lowest, which two pages show."""
    end = now.series.end
    ranges = now.gauges.ranges(CONNECTIONS, sparkline_ends(end))
    values = known_only(now, [one.value for one in ranges])
    band = [
        None if value is None else (one.low, one.high)
        for value, one in zip(values, ranges, strict=True)
    ]
    return Metric(
        _("Connections"),
        _explain_count(now),
        formatting.format_number(now.health.connections),
        values,
        band,
        _low_caption(now, band),
        page,
    )


def _explain_count(now: Snapshot) -> str:
    """Return sentences that say whose connections these are, and which customers have one."""
    text = _("Open connections on the server, including those of other shops.")
    if now.shop is None:
        return text
    simulated = min(now.shop.presence.signed_in, now.health.connections)
    explanation = _(
        "Of the simulated shop: {simulated}; others, such as this workbench: {others}. "
        "Customers shopping now: {active}; not all of them have a connection, and a connected "
        "customer need not be shopping."
    )
    return f"{text} " + explanation.format(
        simulated=simulated,
        others=now.health.connections - simulated,
        active=len(now.customers),
    )


def _low_caption(now: Snapshot, band: Sequence[tuple[float, float] | None]) -> str:
    """Return the lowest number if there were fewer connections than now, else the range."""
    known = [ends for ends in band if ends]
    if not known:
        return ""
    low, high = min(least for least, _most in known), max(most for _least, most in known)
    if low == high:
        known_s = min(float(WINDOW_S), now.series.end + 1 - now.known_since)
        if known_s >= WINDOW_S:
            return _("unchanged for over {minutes} min").format(minutes=WINDOW_S // 60)
        return _("unchanged for {time}").format(time=formatting.format_duration(known_s))
    end = now.series.end
    lowest = now.gauges.lowest(CONNECTIONS, TimeSpan(end - WINDOW_S + 1, end))
    if lowest is None or low >= now.health.connections:
        return _("{low} to {high} in 2 min").format(
            low=formatting.format_number(low), high=formatting.format_number(high)
        )
    return _("low {count} at {time}").format(
        count=formatting.format_number(lowest.value), time=formatting.format_time(lowest.second)
    )
