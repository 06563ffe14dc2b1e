"""The time that a page's charts show: the last minutes, or a span selected by dragging.

Both are kept in the URL: ``window=5m``, and ``zoom=<start>-<end>`` in seconds since the epoch.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from common.text_markers import N_
from dashboard.i18n.translate import _
from dashboard.state.live_state import Snapshot
from dashboard.state.shop_periods import PeriodKind
from dashboard.state.time_series import MAX_WINDOW_S, RETENTION_S, Gap, TimeSpan
from dashboard.ui import charts, formatting, scenario_titles, url_select
from dashboard.ui.charts import TimeMark

WINDOWS = {"2m": "2", "5m": "5", "10m": "10", "30m": N_("30 min")}
LENGTHS_S = {"2m": 120, "5m": 300, "10m": 600, "30m": 1800}
WINDOW_PARAM, ZOOM_PARAM = "window", "zoom"
MIN_LABELLED_GAP_S = 3.0  # a shorter gap is shaded only
MIN_GAP_SHARE = 1 / 200  # of the time shown: shorter gaps are not drawn
MAX_GAP_LABELS = 3  # of the longest gaps


class ChartWindow(NamedTuple):
    """The span that the charts show, and whether it was selected by dragging."""

    span: TimeSpan
    is_zoomed: bool

    @property
    def zoomed_to(self) -> int | None:
        """The end of the axis if it does not move, for ``charts.time_axis``."""
        return self.span.end if self.is_zoomed else None


def current(page: str, end: int) -> ChartWindow:
    """Return what the page's charts show; ``end`` is the last second with data."""
    if zoom := re.fullmatch(r"(\d{1,12})-(\d{1,12})", url_select.kept_value(page, ZOOM_PARAM)):
        span = TimeSpan(int(zoom[1]), int(zoom[2]))
        if end - RETENTION_S < span.start < span.end and span.length <= MAX_WINDOW_S:
            return ChartWindow(span, is_zoomed=True)
    length = LENGTHS_S[url_select.selected(page, WINDOW_PARAM, WINDOWS)]
    return ChartWindow(TimeSpan(end - length + 1, end), is_zoomed=False)


def draw_controls(page: str, window: ChartWindow) -> None:
    """Draw the choice of the window or, while zoomed, the span and a button to leave it."""
    if window.is_zoomed:
        times = (formatting.format_time(at) for at in (window.span.start, window.span.end))
        st.button(
            "–".join(times),
            icon=":material/zoom_out_map:",
            key=f"{page}-reset-zoom",
            help=_("Reset the zoom"),
            on_click=set_zoom,
            args=(page, None),
        )
        return
    url_select.select(
        page,
        WINDOW_PARAM,
        _("Time shown"),
        WINDOWS,
        element=st.segmented_control,
        label_visibility="collapsed",
        required=True,
    )


def set_zoom(page: str, span: TimeSpan | None) -> None:
    """Show a span in the page's charts, or the last minutes again; for callbacks."""
    zoom = f"{span.start}-{span.end}" if span else ""
    url_select.keep_value(page, ZOOM_PARAM, zoom, default="")


def zoom_callback(page: str, key: str, shown: TimeSpan) -> Callable[[], None]:
    """Return the ``on_select`` of the chart with this key, which shows this span."""

    def zoom() -> None:
        if span := charts.zoomed_span(st.session_state[key].selection, shown):
            set_zoom(page, span)

    return zoom


def time_marks(now: Snapshot, end: float, length: float) -> list[TimeMark]:
    """Return the annotations of a chart of ``length`` seconds that ends at ``end``.

    They are scenarios, pauses of the shop, and gaps in the data; only the longest have a label.
    """
    marks = [
        TimeMark(
            str(one.kind),
            scenario_titles.scenario_title(one.name)
            if one.kind is PeriodKind.SCENARIO
            else _("shop paused"),
            one.since,
            one.until,
        )
        for one in now.periods
    ]
    gaps = [
        gap
        for gap in now.gaps
        if end - length < gap.until and gap.since < end and _length(gap) >= length * MIN_GAP_SHARE
    ]
    labelled = sorted(gaps, key=_length)[-MAX_GAP_LABELS:]
    return marks + [
        TimeMark("gap", _gap_label(gap) if gap in labelled else "", gap.since, gap.until)
        for gap in gaps
    ]


def _length(gap: Gap) -> float:
    return gap.until - gap.since


def _gap_label(gap: Gap) -> str:
    if _length(gap) < MIN_LABELLED_GAP_S:
        return ""
    return _("no data: {length}").format(length=formatting.format_duration(_length(gap)))
