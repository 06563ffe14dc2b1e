"""The channels by kind, or in one list with the busiest first; a click filters the messages.

Search, order, what is open and what is pinned are in the URL.
"""

from __future__ import annotations

import streamlit as st
from msgspec.structs import replace

from common.text_markers import N_
from dashboard.i18n.translate import _
from dashboard.messages import channel_names
from dashboard.state import channels
from dashboard.state.channels import (
    TOP_CHANNELS,
    ChannelSort,
    ChannelTreeRow,
    TreeRowRole,
    TreeView,
)
from dashboard.state.live_state import Snapshot
from dashboard.ui import formatting, glossary, tables, theme, url_select
from dashboard.ui.tables import Column
from dashboard.views.explorer import channel_detail, selection
from dashboard.views.explorer.selection import PAGE
from protocol.channels import ChannelKind

SORT_LABELS: dict[str, str] = {
    ChannelSort.RATE: N_("Rate"),
    ChannelSort.SIZE: N_("Size"),
    ChannelSort.TOTAL: N_("Total"),
    ChannelSort.SUBSCRIBERS: N_("Subscribers"),
    ChannelSort.LATEST: N_("Latest"),
    ChannelSort.NAME: N_("Name"),
}
INDENT = "\N{NO-BREAK SPACE}" * 3  # of a channel below its kind
BY_KIND, FLAT = "kinds", "busiest"
LIST_LABELS = {BY_KIND: N_("By kind"), FLAT: N_("Busiest first")}
CLOSED, FULL, MONITOR = "closed", "all", "monitor"  # parameters of the URL


def shows_monitor() -> bool:
    """Return whether the monitor's channel is shown."""
    return url_select.is_on(PAGE, MONITOR)


def format_name(row: ChannelTreeRow, is_search: bool = False) -> str:
    """Return a channel's name, a kind with the number of its channels, or what a click shows.

    ``is_search``: the row of a kind is about the channels that were found.
    """
    match row.role:
        case TreeRowRole.KIND:
            count = _("{count} found") if is_search else "{count}"
            return f"{row.filter_value} · " + count.format(count=row.channel_count)
        case TreeRowRole.MORE if row.is_full:
            return _("show only {count}").format(count=TOP_CHANNELS)
        case TreeRowRole.MORE:
            return _("show all {total}").format(total=row.channel_count)
        case TreeRowRole.PINNED | TreeRowRole.LISTED:
            return row.filter_value
        case TreeRowRole.CHANNEL:
            return f"{INDENT}{row.name}"


def format_subscribers(row: ChannelTreeRow) -> str:
    """Format the number of subscribers; empty if unknown."""
    return "" if row.subscribers is None else formatting.format_count(row.subscribers)


def draw(now: Snapshot, selected: str) -> None:
    """Draw the pane; ``selected`` is the list's channel filter."""
    title = _("Channels")
    count = formatting.format_number(len(now.channels))
    kinds = glossary.link_html("order:", _("What are the kinds?"))
    with theme.card("tree", title, f"{count} {kinds}", size="pane"):
        find = url_select.search_input(
            PAGE, "find", _("Find a channel"), placeholder=_("Find a channel")
        )
        with st.container(
            horizontal=True, gap="xsmall", vertical_alignment="center", key="tree-order"
        ):
            is_flat = (
                url_select.select(
                    PAGE,
                    "list",
                    _("List"),
                    LIST_LABELS,
                    element=st.segmented_control,
                    required=True,
                    label_visibility="collapsed",
                )
                == FLAT
            )
            if is_flat:
                sort = ChannelSort.RATE
                order = _("by messages per second")
                st.html(f'<span class="row quiet">{order}</span>')
            else:
                sort = ChannelSort(
                    url_select.select(
                        PAGE,
                        "sort",
                        _("Sort"),
                        SORT_LABELS,
                        width=116,
                        label_visibility="collapsed",
                    )
                )
        view = TreeView(
            find,
            channel_names.channels_of_orders(find, channel_names.known_orders(now)),
            sort,
            selected,
            frozenset(_kept_names(CLOSED)),
            frozenset(_kept_names(FULL)),
            channel_detail.pinned_channels(),
            shows_monitor(),
            is_flat,
        )
        rows = channels.build_tree(now.channels, now.series, view, now.at)
        chosen = next((row for row in rows if row.filter_value == selected), None)
        tables.draw_table(
            rows,
            _columns(view),
            "tree",
            row_id=lambda row: row.id,
            selected=chosen.id if chosen else "",
            on_select=select_row,
            scope=replace(view, selected=""),  # the row that was clicked must not move
            mark=tables.find_words(find),
            alt=title,
        )
        _draw_monitor_switch(now, max((row.rate for row in rows), default=0.0) if is_flat else None)
        channel_detail.draw(selected)


def _columns(view: TreeView) -> dict[str, Column[ChannelTreeRow]]:
    amount: Column[ChannelTreeRow] = tables.right_aligned_column(
        54,
        lambda row: "" if _is_more(row) else formatting.format_count(row.total),
        _("Messages since the workbench started or was reset"),
    )
    amount_title = _("Total")
    if view.sort is ChannelSort.SIZE and not view.is_flat:
        amount_title = _("Size")
        amount = tables.right_aligned_column(
            56,
            lambda row: "" if _is_more(row) else formatting.format_size(row.bytes),
            _("Bytes since the workbench started or was reset"),
        )
    return {
        "": Column("button", 22, _fold_cell, on_click=_act),
        _("Channel"): tables.name_column(
            112,
            lambda row: format_name(row, bool(view.search)),
            _(
                "A kind with the number of its channels, or a channel; click to filter the "
                "messages and to see what it is for"
            ),
            tone=_tone,
            grows=True,
        ),
        _("/s"): tables.right_aligned_column(
            36,
            lambda row: "" if _is_more(row) else formatting.format_rate(row.rate),
            _("Messages per second, over ten seconds; of a kind: of its channels that are found"),
        ),
        amount_title: amount,
        _("Subs"): tables.right_aligned_column(
            46, format_subscribers, _("Connections that are subscribed to the channel")
        ),
        _("2 min"): tables.sparkline_column(
            46, lambda row: row.trend, _("Messages per second over the last two minutes")
        ),
    }


def _is_more(row: ChannelTreeRow) -> bool:
    return row.role is TreeRowRole.MORE


def _tone(row: ChannelTreeRow) -> str:
    is_plain = row.role in (TreeRowRole.CHANNEL, TreeRowRole.MORE)
    return "" if is_plain else row.kind


def _fold_cell(row: ChannelTreeRow) -> tables.Cell:
    """Return the button that opens or closes a kind, or removes a pinned channel."""
    if row.role is TreeRowRole.PINNED:
        return [_("Unpin {channel}").format(channel=row.filter_value), "keep_off", ""]
    if row.role is not TreeRowRole.KIND or not row.channel_count:
        return ""
    if row.kind in _kept_names(CLOSED):
        return [_("Open {kind}").format(kind=row.kind), "chevron_right", ""]
    return [_("Close {kind}").format(kind=row.kind), "expand_more", ""]


def _act(row: ChannelTreeRow) -> None:
    """Do what a row's button says."""
    if row.role is TreeRowRole.PINNED:
        channel_detail.toggle_pin(row.filter_value)
    else:
        _toggle_name(CLOSED, row.kind)


def select_row(row: ChannelTreeRow) -> None:
    """Filter the list by a kind or a channel, or show all channels of a kind."""
    if row.role is TreeRowRole.MORE:
        _toggle_name(FULL, row.kind)
    else:
        selection.filter_by_channel(row.filter_value)


def _kept_names(parameter: str) -> list[str]:
    kept = url_select.kept_value(PAGE, parameter)
    return [name for name in kept.split(",") if name in channels.KINDS]


def _toggle_name(parameter: str, kind: str) -> None:
    names = _kept_names(parameter)
    kept = [name for name in names if name != kind] if kind in names else [*names, kind]
    url_select.keep_value(PAGE, parameter, ",".join(kept))


def _draw_monitor_switch(now: Snapshot, busiest: float | None) -> None:
    """Draw the switch of the monitor's channel, and what it hides.

    ``busiest`` is the highest rate of a list with the busiest first.
    """
    rate = now.series.now(ChannelKind.MONITOR, over=10)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="monitor"):
        url_select.toggle(
            PAGE,
            MONITOR,
            _("Show monitor:"),
            on_change=selection.jump_to_newest,
            help=_("The server's reports to this workbench. Others do not receive them."),
        )
        if not shows_monitor():
            hidden = _("hidden, {rate}/s").format(rate=formatting.format_rate(rate))
            tone = "quiet"
            if busiest is not None and rate > busiest:
                tone, hidden = "warn", hidden + " · " + _("the busiest")
            st.html(f'<span class="row {tone}">{hidden}</span>')
