"""A row of key metrics, each with a sparkline of the last two minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.state.live_state import Snapshot
from dashboard.ui import formatting


class Metric(NamedTuple):
    """One metric; without a ``value`` a dash is shown."""

    label: str
    help: str
    value: str | None
    sparkline: list[float]


def draw(metrics: Sequence[Metric]) -> None:
    """Draw the metrics side by side, in several rows where the window is narrow."""
    with st.grid(len(metrics), min_column_width=140, gap="xsmall"):
        for metric in metrics:
            st.metric(
                metric.label,
                metric.value,
                border=True,
                chart_data=metric.sparkline,
                help=metric.help,
            )


def connections_metric(now: Snapshot) -> Metric:
    """Return the number of connections, which two pages show."""
    sparkline, _p95s = now.health_sparklines
    return Metric(
        _("Connections"),
        _("Open connections on the server, including those of other shops"),
        formatting.format_number(now.health.connections),
        sparkline,
    )
