"""The channel tree: channels by kind with their rates; a click filters the message list."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from common.text_markers import N_
from dashboard.i18n.translate import _
from dashboard.state import channels
from dashboard.state.channels import ChannelSort, ChannelTreeRow
from dashboard.state.live_state import Snapshot
from dashboard.ui import formatting, tables, theme, url_select
from dashboard.ui.tables import Column

SORT_LABELS: dict[str, str] = {
    ChannelSort.TOTAL: N_("Total"),
    ChannelSort.LATEST: N_("Latest"),
    ChannelSort.NAME: N_("Name"),
}


def format_name(row: ChannelTreeRow) -> str:
    """Return a channel's name, or how many channels a kind has."""
    return row.name or _("{count} in total").format(count=row.channel_count)


def format_subscribers(branch: ChannelTreeRow) -> str:
    """Format the number of subscribers; empty if unknown."""
    return "" if branch.subscribers is None else formatting.format_count(branch.subscribers)


def draw(now: Snapshot, selected: str, on_select: Callable[[ChannelTreeRow], None]) -> None:
    """Draw the pane; ``on_select`` is called with the selected row."""
    title = _("Channels")
    columns: dict[str, Column[ChannelTreeRow]] = {
        _("Kind"): tables.chips_column(68, lambda branch: branch.kind, theme.KIND_TONES),
        _("Channel"): tables.text_column(88, format_name, grows=True),
        _("/s"): tables.right_aligned_column(
            40, lambda branch: formatting.format_rate(branch.rate)
        ),
        _("Total"): tables.right_aligned_column(
            46, lambda branch: formatting.format_count(branch.total)
        ),
        _("Subs"): tables.right_aligned_column(40, format_subscribers),
        _("2 min"): tables.sparkline_column(46, lambda branch: branch.trend),
    }
    with theme.card("tree", title, formatting.format_number(len(now.channels)), size="pane"):
        with st.container(horizontal=True, gap="xsmall"):
            find = url_select.search_input(
                "explorer", "find", _("Find a channel"), placeholder=_("Find a channel")
            )
            sort = url_select.select(
                "explorer", "sort", _("Sort"), SORT_LABELS, width=96, label_visibility="collapsed"
            )
        lines = channels.build_tree(
            now.channels, now.series, find, ChannelSort(sort), selected, now.at
        )
        tables.draw_table(
            lines,
            columns,
            "tree",
            row_id=lambda branch: branch.filter_value,
            selected=selected,
            on_select=on_select,
            scope=(find, sort, channels.kind_of(selected)),
            alt=title,
        )
