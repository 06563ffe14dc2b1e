"""Connections: connected clients, their subscriptions, and access checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from common.text_markers import N_
from dashboard.dependencies import connections_client
from dashboard.i18n.translate import _, ngettext
from dashboard.sources.connections_client import PollResult
from dashboard.state import nodes
from dashboard.state.live_state import Snapshot
from dashboard.tab_session import tab
from dashboard.ui import formatting, metric_row, page_frame, tables, theme, url_select
from dashboard.ui.metric_row import Metric
from dashboard.ui.tables import Column
from dashboard.views.connections import detail, disconnect_dialog, listing
from dashboard.views.connections.listing import ConnectionSort
from protocol.admin_api import MAX_LISTED, ConnectionInfo
from protocol.monitoring import NodeStats

SORT_LABELS: Mapping[str, str] = {
    ConnectionSort.OLDEST: N_("oldest first"),
    ConnectionSort.NEWEST: N_("newest first"),
    ConnectionSort.LARGEST_QUEUE: N_("largest queue first"),
    ConnectionSort.MOST_CHANNELS: N_("most channels first"),
    ConnectionSort.MOST_MESSAGES: N_("most messages first"),
    ConnectionSort.NAME: N_("by name"),
}
ROLE_TONES = {"customer": "muted", "agent": "accent", "admin": "info", "service": "warn"}
KIB = 1024
SEND_QUEUE_LIMIT_KIB = 1024  # a client with more queued for over a second is disconnected


def draw_metrics(now: Snapshot) -> None:
    """Draw the key metrics."""
    rates = now.nodes.rates
    subscriptions, evictions, lag = now.nodes.trends
    metric_row.draw(
        (
            metric_row.connections_metric(now),
            Metric(
                _("Subscriptions"),
                _("Channel subscriptions across all connections"),
                formatting.format_number(now.nodes.subscriptions),
                subscriptions,
            ),
            Metric(
                _("Received/s"),
                _("Messages received from clients in the last second"),
                formatting.format_rate(rates.now(nodes.RECEIVED)),
                rates.sparkline(nodes.RECEIVED),
            ),
            Metric(
                _("Refused/min"),
                _("Requests refused in the last minute"),
                formatting.format_number(60 * rates.now(nodes.REFUSED, over=60)),
                rates.sparkline(nodes.REFUSED, over=60),
            ),
            Metric(
                _("Evicted"),
                _("Slow clients disconnected since the server started"),
                formatting.format_number(now.nodes.evictions),
                evictions,
            ),
            Metric(
                _("Loop lag, ms"),
                _("Highest event loop delay in the last second"),
                formatting.format_number(now.nodes.lag_ms, 1),
                lag,
            ),
        )
    )


def draw_nodes(stats: tuple[NodeStats, ...]) -> None:
    """Draw the nodes of a cluster."""
    columns: dict[str, Column[NodeStats]] = {
        _("Node"): tables.text_column(180, lambda node: node.node),
        _("Uptime"): tables.text_column(70, lambda node: formatting.format_duration(node.uptime_s)),
        _("Connections"): tables.number_column(90, lambda node: node.connections),
        _("Subscriptions"): tables.number_column(90, lambda node: node.subscriptions),
        _("Channels"): tables.number_column(80, lambda node: node.channels),
        _("Messages in"): tables.number_column(90, lambda node: node.messages_in),
        _("Messages out"): tables.number_column(90, lambda node: node.messages_out),
        _("Loop lag, ms"): tables.right_aligned_column(
            80, lambda node: formatting.format_number(node.loop_lag_ms, 1)
        ),
        _("Latency p95, ms"): tables.right_aligned_column(
            100, lambda node: formatting.format_number(node.latency.p95, 1) if node.latency else ""
        ),
    }
    with theme.card("nodes", _("Nodes"), str(len(stats))):
        tables.draw_table(
            stats,
            columns,
            "nodes",
            row_id=lambda node: node.node,
            visible_rows=len(stats),
            alt=_("Nodes"),
        )


def draw_filters() -> tuple[str, ConnectionSort]:
    """Draw the search field and the sort order."""
    with st.container(horizontal=True, gap="xsmall"):
        words = _("Name, user, channel, role, node")
        search = url_select.search_input("connections", "who", words, placeholder=words)
        order = url_select.select(
            "connections", "sort", _("Sort"), SORT_LABELS, label_visibility="collapsed"
        )
    return search, ConnectionSort(order)


def draw_list(
    result: PollResult, has_several_nodes: bool, at: float
) -> ConnectionInfo[datetime] | None:
    """Draw the connection list; return the selected connection."""
    people = result.connections
    aside = ""
    if people.total > len(people.connections):
        aside = _("the newest {count} of {total}").format(count=MAX_LISTED, total=people.total)
    elif result.error and result.at:
        aside = formatting.dot_html(
            _("as of {at}: {why}").format(at=formatting.format_time(result.at), why=result.error),
            "bad",
        )
    with theme.card("connections", _("Connected clients"), aside, size="rest"):
        search, order = draw_filters()
        found = listing.search_connections(people.connections, search, order)
        if not people.connections:
            draw_empty(result)
        elif not found:
            theme.draw_empty_state(
                "person_search",
                _("No matching connections"),
                _("None of the {count} connections matches all search terms.").format(
                    count=len(people.connections)
                ),
            )
        else:
            tables.draw_table(
                found,
                list_columns(has_several_nodes, at),
                "who",
                row_id=lambda c: c.id,
                selected=tab().connections.selected_id,
                on_select=select_connection,
                scope=(search, order),
                mark=tables.find_words(search),
                alt=_("Connected clients"),
            )
    selected_id = tab().connections.selected_id
    return next((c for c in people.connections if c.id == selected_id), None)


def draw_empty(result: PollResult) -> None:
    """Draw why the list is empty."""
    if result.error:
        hint = _("Could not list connections: {why}.").format(why=result.error)
        theme.draw_empty_state("cloud_off", _("Connections unavailable"), hint)
    elif result.at is None:
        theme.draw_empty_state("hourglass_top", _("Loading connections…"), "")
    else:
        hint = _("Customers connect during a visit. Start the simulator: `python -m simulator`.")
        theme.draw_empty_state("cable", _("No connections"), hint)


def list_columns(has_several_nodes: bool, at: float) -> dict[str, Column[ConnectionInfo[datetime]]]:
    """Return the columns of the connection list."""
    last: dict[str, Column[ConnectionInfo[datetime]]] = (
        {_("Node"): tables.text_column(104, lambda c: c.node)}
        if has_several_nodes
        else {_("Connection"): tables.text_column(116, lambda c: c.id)}
    )
    return {
        _("Person"): tables.text_column(150, lambda c: c.name or c.user_id, grows=True),
        _("User"): tables.text_column(104, lambda c: c.user_id),
        _("Role"): tables.chips_column(76, lambda c: c.role or "", ROLE_TONES),
        _("Age"): tables.text_column(
            60, lambda c: formatting.format_duration(at - c.connected_at.timestamp())
        ),
        _("Channels"): tables.number_column(68, lambda c: len(c.channels)),
        _("Received"): tables.number_column(76, lambda c: c.messages_in),
        _("Queued, KiB"): tables.progress_column(
            84,
            lambda c: c.waiting_bytes / KIB,
            SEND_QUEUE_LIMIT_KIB,
            lambda c: formatting.format_number(c.waiting_bytes / KIB),
            tone=queue_tone,
        ),
        **last,
        _("Disconnect"): tables.button_column(
            86,
            lambda c: _("Disconnect {name} ({id})").format(name=c.name or c.user_id, id=c.id),
            disconnect_dialog.request_disconnect,
            icon="link_off",
        ),
    }


def queue_tone(connection: ConnectionInfo[datetime]) -> str:
    """Return the tone of a connection's send queue."""
    share = connection.waiting_bytes / KIB / SEND_QUEUE_LIMIT_KIB
    return "ok" if share < 0.25 else "warn" if share < 0.75 else "bad"


def select_connection(connection: ConnectionInfo[datetime]) -> None:
    """Select a connection."""
    tab().connections.selected_id = connection.id


def draw() -> None:
    """Draw a snapshot."""
    now, called = page_frame.current_snapshot(), result_while_paused(connections_client().latest())
    several = len(now.nodes.stats) > 1
    people = called.connections
    waiting = listing.queued_bytes(people.connections)
    words = [
        ngettext("{count} connection", "{count} connections", people.total).format(
            count=formatting.format_number(people.total)
        ),
        ngettext("{count} user", "{count} users", listing.count_users(people.connections)).format(
            count=formatting.format_number(listing.count_users(people.connections))
        ),
        _("{size} KiB queued").format(size=formatting.format_number(waiting / KIB)),
    ]
    live_line(" · ".join(words))
    if page_frame.draw_if_empty(now):
        return
    draw_metrics(now)
    if several:
        draw_nodes(now.nodes.stats)
    left, right = st.columns([17, 7], gap="xsmall")
    with left:
        chosen = draw_list(called, several, called.at or now.at)
    with right:
        detail.draw(chosen, people.connections, now)
    if disconnect_dialog.is_pending():
        st.rerun()  # only a full run draws the dialog: a tick would close it


def result_while_paused(result: PollResult) -> PollResult:
    """Return the latest result, or while paused the one at that time."""
    page = tab().connections
    if tab().paused_snapshot is None:
        page.paused_result = None
        return result
    if page.paused_result is None:
        page.paused_result = result
    return page.paused_result


live_line = page_frame.header(_("Connections"))
disconnect_dialog.draw_dialog()
page_frame.redraw_periodically("connections", draw)
