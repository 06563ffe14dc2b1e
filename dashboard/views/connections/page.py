"""Connections: connected clients, their subscriptions, and access checks."""

from __future__ import annotations

import html
from datetime import datetime

import streamlit as st

from dashboard import personas
from dashboard.dependencies import connections_client, feed
from dashboard.i18n.translate import _, ngettext
from dashboard.sources.connections_client import PollResult
from dashboard.state import nodes
from dashboard.state.live_state import Snapshot
from dashboard.tab_session import tab
from dashboard.ui import formatting, metric_row, page_frame, tables, theme, url_select
from dashboard.ui.metric_row import Metric
from dashboard.ui.tables import Column, Sort, sortable
from dashboard.views.connections import detail, disconnect_dialog, event_log, listing
from protocol.admin_api import MAX_LISTED, ConnectionInfo
from protocol.monitoring import ConnectionEvent, ConnectionEventKind, NodeStats

PAGE = "connections"
# The workbench's own staff; as a customer it has the id of a customer of the shop.
WORKBENCH_STAFF = frozenset({personas.ADMIN.user_id, personas.AGENT.user_id})
ROLE_TONES = {"customer": "muted", "agent": "accent", "admin": "info", "service": "warn"}


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
                metric_row.known_only(now, subscriptions),
                caption=_("now"),
            ),
            Metric(
                _("From clients/s"),
                _("Messages received from clients in the last second"),
                formatting.format_rate(rates.now(nodes.RECEIVED)),
                metric_row.known_only(now, rates.sparkline(nodes.RECEIVED)),
                caption=_("in the last second"),
            ),
            Metric(
                _("Refused/min"),
                _("Requests refused in the last minute"),
                formatting.format_number(60 * rates.now(nodes.REFUSED, over=60)),
                metric_row.known_only(now, rates.sparkline(nodes.REFUSED, over=60)),
                caption=_("in the last minute"),
            ),
            Metric(
                _("Evicted"),
                _("Slow clients disconnected since the server's start, or since the last reset"),
                formatting.format_number(now.nodes.evictions),
                metric_row.known_only(now, evictions),
                caption=evictions_caption(now),
            ),
            Metric(
                _("Loop lag, ms"),
                _("Highest event loop delay in the last second"),
                formatting.format_number(now.nodes.lag_ms, 1),
                metric_row.known_only(now, lag),
                caption=_("highest of the last second"),
            ),
        )
    )


def evictions_caption(now: Snapshot) -> str:
    """Return since when evictions are counted, and how many the event log still has."""
    logged = sum(e.event == ConnectionEventKind.EVICTED for e in now.connection_events)
    return _("since {time} · {count} in 10 min").format(
        time=formatting.format_time(now.nodes.evictions_counted_from(now.at))[:5],
        count=formatting.format_number(logged),
    )


def draw_nodes(stats: tuple[NodeStats, ...]) -> None:
    """Draw the nodes of a cluster."""
    columns: dict[str, Column[NodeStats]] = {
        _("Node"): tables.text_column(180, lambda node: node.node),
        _("Uptime"): tables.text_column(70, lambda node: formatting.format_duration(node.uptime_s)),
        _("Connections"): tables.number_column(90, lambda node: node.connections),
        _("Subscriptions"): tables.number_column(90, lambda node: node.subscriptions),
        _("Channels"): tables.number_column(80, lambda node: node.channels),
        _("From clients"): tables.number_column(110, lambda node: node.messages_in),
        _("To clients"): tables.number_column(90, lambda node: node.messages_out),
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


def draw_filters() -> tuple[str, str]:
    """Draw the search field, and the field for a channel that clients are subscribed to."""
    with st.container(horizontal=True, gap="xsmall"):
        words = _("Name, user, channel, role, node")
        search = url_select.search_input(PAGE, "who", words, placeholder=words)
        words = _("Subscribed to channel")
        channel = url_select.search_input(PAGE, "channel", words, placeholder=words)
    return search, channel.strip()


def draw_list(
    result: PollResult,
    has_several_nodes: bool,
    at: float,
    queue_limit_bytes: int,
    events: tuple[ConnectionEvent, ...],
) -> None:
    """Draw the connection list; ``events`` tell of those who are searched for and have left."""
    people = result.connections
    aside = []
    if people.total > len(people.connections):
        words = _("the newest {count} of {total}")
        aside.append(words.format(count=MAX_LISTED, total=people.total))
    if result.error and result.at:
        words = _("as of {at}: {why}")
        words = words.format(at=formatting.format_time(result.at), why=_(result.error))
        aside.append(formatting.dot_html(words, "bad"))
    with theme.card("connections", _("Connected clients"), None, size="rest") as draw_head:
        search, channel = draw_filters()
        found = listing.search_connections(people.connections, search)
        if channel:
            found = listing.find_subscribers(found, channel)
            aside.append(subscribers_html(channel, len(found), len(people.connections)))
        draw_head(" ".join(aside))
        if not people.connections:
            draw_empty(result)
        elif not found:
            draw_no_match(len(people.connections), search, channel, events)
        else:
            tables.draw_table(
                found,
                list_columns(has_several_nodes, at, queue_limit_bytes),
                "who",
                row_id=lambda c: c.id,
                selected=detail.selected_id(),
                on_select=lambda c: detail.select(c.id),
                sort=Sort(PAGE, default="longest"),
                scope=(search, channel),
                reveals_selected=True,
                mark=tables.find_words(search),
                alt=_("Connected clients"),
            )


def draw_no_match(
    count: int, search: str, channel: str, events: tuple[ConnectionEvent, ...]
) -> None:
    """Draw that no connection matches; of a user who has left, since when."""
    text = _("None of the {count} connections matches all search terms.").format(count=count)
    ended = None if channel else listing.find_end(events, search)
    if ended is not None:
        words = _("{name} ({id}) is not connected; left at {time}.")
        text = words.format(
            name=ended.name or ended.user_id,
            id=ended.user_id,
            time=formatting.format_time(ended.at),
        )
    elif search.strip() and not channel:
        words = _("No client matches “{search}”: nobody by that name or id is connected.")
        text = words.format(search=search.strip())
    theme.draw_empty_state(
        "person_search", _("No matching connections"), formatting.escape_markdown(text)
    )


def subscribers_html(channel: str, count: int, total: int) -> str:
    """Return how many of the listed clients are subscribed to a channel."""
    words = ngettext(
        "{count} of {total} clients is subscribed to {channel}",
        "{count} of {total} clients are subscribed to {channel}",
        count,
    ).format(
        count=formatting.format_number(count),
        total=formatting.format_number(total),
        channel=channel,
    )
    return html.escape(words)


def draw_empty(result: PollResult) -> None:
    """Draw why the list is empty."""
    if result.error:
        hint = _("Could not list connections: {why}.").format(why=_(result.error))
        theme.draw_empty_state("cloud_off", _("Connections unavailable"), hint)
    elif result.at is None:
        theme.draw_empty_state("hourglass_top", _("Loading connections…"), "")
    else:
        hint = _("Customers connect during a visit. Start the simulator: `python -m simulator`.")
        theme.draw_empty_state("cable", _("No connections"), hint)


def list_columns(
    has_several_nodes: bool, at: float, queue_limit_bytes: int
) -> dict[str, Column[ConnectionInfo[datetime]]]:
    """Return the columns of the connection list; their heads sort it."""
    limit = formatting.format_size(queue_limit_bytes)
    queued: Column[ConnectionInfo[datetime]] = tables.progress_column(
        128,
        lambda c: c.waiting_bytes,
        queue_limit_bytes,
        lambda c: formatting.format_size(c.waiting_bytes),
        _(
            "Bytes that the client has not taken yet. Over the limit of {limit} for a second, "
            "it is disconnected with code 4100. Amber from 50 %, red from 80 % of the limit."
        ).format(limit=limit),
        tone=lambda c: listing.queue_tone(c.waiting_bytes, queue_limit_bytes),
    )
    node: dict[str, Column[ConnectionInfo[datetime]]] = (
        {_("Node"): tables.text_column(84, lambda c: c.node)} if has_several_nodes else {}
    )
    return {
        _("Person"): sortable(
            tables.text_column(120, person_text, grows=True),
            "name",
            lambda c: (c.name.casefold(), c.user_id),
        ),
        _("User"): tables.text_column(
            84, lambda c: c.user_id, _("The id in the token with which the client signed in")
        ),
        _("Role"): tables.chips_column(74, lambda c: c.role or "", ROLE_TONES),
        _("Age"): sortable(
            tables.text_column(
                84,
                lambda c: formatting.format_duration(at - c.connected_at.timestamp()),
                _("Time since it connected"),
            ),
            "longest",
            lambda c: c.connected_at,
        ),
        _("Queued of {limit}").format(limit=limit): sortable(
            queued, "waiting", lambda c: c.waiting_bytes, largest_first=True
        ),
        _("Channels"): sortable(
            tables.number_column(
                70, lambda c: len(c.channels), _("How many channels it is subscribed to")
            ),
            "channels",
            lambda c: len(c.channels),
            largest_first=True,
        ),
        _("From client"): sortable(
            tables.number_column(
                86, lambda c: c.messages_in, _("Messages that this client has sent to the server")
            ),
            "messages",
            lambda c: c.messages_in,
            largest_first=True,
        ),
        **node,
        _("Disconnect"): tables.button_column(
            86,
            lambda c: _("Disconnect {name} ({id})").format(name=c.name or c.user_id, id=c.id),
            disconnect_dialog.request_disconnect,
            icon="link_off",
        ),
    }


def person_text(connection: ConnectionInfo[datetime]) -> str:
    """Return whose connection it is; those that the workbench opens as staff are marked."""
    name = connection.name or connection.user_id
    if connection.user_id not in WORKBENCH_STAFF:
        return name
    return _("{name} · workbench").format(name=name)


def select_event(event: ConnectionEvent) -> None:
    """Select the connection of an event."""
    detail.select(event.connection_id)


def draw_selected(result: PollResult, now: Snapshot) -> None:
    """Draw the selected connection, or that it is gone; nothing before the first list."""
    connections = result.connections.connections
    selected_id = detail.selected_id()
    if result.at is None:
        return
    if not selected_id:
        if not detail.is_old(result, now.at):
            detail.select("")  # a link's selection is over: typing a user's id selects nothing
        return
    detail.select(selected_id)  # into the URL again, after another page
    selected = next((c for c in connections if c.id == selected_id), None)
    if selected is None:
        detail.draw_gone(selected_id, connections, now)
    else:
        detail.draw(selected, connections, now)


def header_text(result: PollResult, now: Snapshot) -> str:
    """Return the text of the page header."""
    people = result.connections
    words = [
        ngettext("{count} connection", "{count} connections", people.total).format(
            count=formatting.format_number(people.total)
        )
    ]
    if now.customers and people.total == len(people.connections):
        # Why a message to a customer's channel often reaches nobody.
        online = listing.count_users(people.connections, {one.id for one in now.customers})
        words.append(
            ngettext(
                "{count} customer shopping now, {connected} of them connected",
                "{count} customers shopping now, {connected} of them connected",
                len(now.customers),
            ).format(
                connected=formatting.format_number(online),
                count=formatting.format_number(len(now.customers)),
            )
        )
    queued = listing.queued_bytes(people.connections)
    words.append(_("{size} queued").format(size=formatting.format_size(queued)))
    return " · ".join(words)


def user_names(result: PollResult, now: Snapshot) -> dict[str, str]:
    """Return the names of connected users, of the shop's customers and of the personas, by id."""
    language = feed().shop_language
    own = [personas.in_language(persona, language) for persona in personas.PERSONAS.values()]
    shop = now.shop.customers if now.shop else ()
    events = reversed(now.connection_events)
    return listing.user_names(
        result.connections.connections,
        ((customer.id, customer.name) for customer in shop),
        ((customer.id, customer.name) for customer in now.customers),
        ((persona.user_id, persona.name) for persona in own if not persona.tenant),
        ((event.user_id, event.name) for event in events),
    )


def draw() -> None:
    """Draw a snapshot."""
    now, called = page_frame.current_snapshot(), result_while_paused(connections_client().latest())
    several = len(now.nodes.stats) > 1
    live_line(header_text(called, now))
    if page_frame.draw_if_empty(now):
        return
    detail.select_linked(called, now.at)
    draw_metrics(now)
    if several:
        draw_nodes(now.nodes.stats)
    left, right = st.columns([63, 37], gap="xsmall")
    with left:
        draw_list(
            called, several, called.at or now.at, now.nodes.queue_limit_bytes, now.connection_events
        )
    with right:
        event_log.draw(
            now, user_names(called, now), select_event
        )  # first: it must not move when a click selects an event
        draw_selected(called, now)
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
