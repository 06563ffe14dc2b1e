"""Connections: connected clients, their subscriptions, and access checks."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import attendance, choices, farewell, frame, look, marks, nodes, tables, witness
from dashboard.attendance import MOST_LISTED, Connection, Order
from dashboard.roll_call import Called
from dashboard.shared import roll_call
from dashboard.state import Snapshot
from dashboard.tables import Column
from dashboard.words import N_, _, ngettext
from protocol.monitoring import NodeStats

GAUGES = {
    "connections": (
        N_("Connections"),
        N_("Open connections on the server, including those of other shops"),
    ),
    "subscriptions": (N_("Subscriptions"), N_("Channel subscriptions across all connections")),
    "received": (N_("Received/s"), N_("Messages received from clients in the last second")),
    "refused": (N_("Refused/min"), N_("Requests refused in the last minute")),
    "evicted": (N_("Evicted"), N_("Slow clients disconnected since the server started")),
    "lag": (N_("Loop lag, ms"), N_("Highest event loop delay in the last second")),
}
ORDERS: Mapping[str, str] = {
    Order.LONGEST: N_("oldest first"),
    Order.NEWEST: N_("newest first"),
    Order.WAITING: N_("largest queue first"),
    Order.CHANNELS: N_("most channels first"),
    Order.TALKATIVE: N_("most messages first"),
    Order.NAME: N_("by name"),
}
ROLES = {"customer": "muted", "agent": "accent", "admin": "info", "service": "warn"}
KIB = 1024
OUTBOX_KIB = 1024  # a client with more waiting for over a second is hung up on

state = st.session_state


def gauges(moment: Snapshot) -> None:
    """Draw six numbers, each with its last two minutes."""
    now, flows = moment.nodes, moment.nodes.flows
    connections, _p95s = moment.health_trends
    subscriptions, evictions, lag = now.trends
    values = {
        "connections": (marks.number(moment.health.connections), connections),
        "subscriptions": (marks.number(now.subscriptions), subscriptions),
        "received": (marks.rate(flows.now(nodes.RECEIVED)), flows.trend(nodes.RECEIVED)),
        "refused": (
            marks.number(60 * flows.now(nodes.REFUSED, over=60)),
            flows.trend(nodes.REFUSED, over=60),
        ),
        "evicted": (marks.number(now.evictions), evictions),
        "lag": (marks.number(now.lag_ms, 1), lag),
    }
    with st.grid(len(values), min_column_width=140, gap="xsmall"):
        for name, (value, trend) in values.items():
            label, source = GAUGES[name]
            st.metric(_(label), value, border=True, chart_data=trend, help=_(source))


def servers(stats: tuple[NodeStats, ...]) -> None:
    """Draw the nodes, where there are several."""
    columns: dict[str, Column[NodeStats]] = {
        _("Node"): tables.text(180, lambda node: node.node),
        _("Uptime"): tables.text(70, lambda node: marks.span(node.uptime_s)),
        _("Connections"): tables.amount(90, lambda node: node.connections),
        _("Subscriptions"): tables.amount(90, lambda node: node.subscriptions),
        _("Channels"): tables.amount(80, lambda node: node.channels),
        _("Messages in"): tables.amount(90, lambda node: node.messages_in),
        _("Messages out"): tables.amount(90, lambda node: node.messages_out),
        _("Loop lag, ms"): tables.figure(80, lambda node: marks.number(node.loop_lag_ms, 1)),
        _("Latency p95, ms"): tables.figure(
            100, lambda node: marks.number(node.latency.p95, 1) if node.latency else ""
        ),
    }
    with look.card("nodes", _("Nodes"), str(len(stats))):
        tables.table(stats, columns, "nodes", lines=len(stats), alt=_("Nodes"))


def filters() -> tuple[str, Order]:
    """Draw the search field and the sort order."""
    with st.container(horizontal=True, gap="xsmall"):
        search = st.text_input(
            _("Name, user, channel, role, node"),
            key="who",
            placeholder=_("Name, user, channel, role, node"),
            type="search",
            live=True,
            label_visibility="collapsed",
            bind="query-params",
        )
        order = choices.select("sort", _("Sort"), ORDERS, label_visibility="collapsed")
    return search or "", Order(order)


def who(called: Called, several: bool, at: float) -> Connection | None:
    """Draw the connection list; return the selected connection."""
    people = called.attendance
    aside = ""
    if people.total > len(people.connections):
        aside = _("the newest {count} of {total}").format(count=MOST_LISTED, total=people.total)
    elif called.trouble and called.at:
        aside = marks.dot(
            _("as of {at}: {why}").format(at=marks.clock(called.at), why=called.trouble), "bad"
        )
    with look.card("connections", _("Connected clients"), aside, size="rest"):
        search, order = filters()
        found = attendance.found(people.connections, search, order)
        if not people.connections:
            empty(called)
        elif not found:
            look.empty(
                "person_search",
                _("No matching connections"),
                _("None of the {count} connections matches all search terms.").format(
                    count=len(people.connections)
                ),
            )
        else:
            tables.table(
                found,
                columns(found, several, at),
                "who",
                picked=choose,
                alt=_("Connected clients"),
            )
    return next((c for c in people.connections if c.id == state.connection), None)


def empty(called: Called) -> None:
    """Draw why the list is empty."""
    if called.trouble:
        hint = _("Could not list connections: {why}.").format(why=called.trouble)
        look.empty("cloud_off", _("Connections unavailable"), hint)
    elif called.at is None:
        look.empty("hourglass_top", _("Loading connections…"), "")
    else:
        hint = _("Customers connect during a visit. Start the simulator: `python -m simulator`.")
        look.empty("cable", _("No connections"), hint)


def columns(found: list[Connection], several: bool, at: float) -> dict[str, Column[Connection]]:
    """Describe a connection in a line."""
    last: dict[str, Column[Connection]] = (
        {_("Node"): tables.text(98, lambda c: c.node)}
        if several
        else {_("Connection"): tables.text(98, lambda c: c.id)}
    )
    return {
        "": tables.text(22, lambda c: "▶" if c.id == state.connection else ""),
        _("Person"): tables.text(142, lambda c: c.name or c.user_id),
        _("User"): tables.text(102, lambda c: c.user_id),
        _("Role"): tables.chips(76, lambda c: c.role or "", ROLES),
        _("Age"): tables.text(56, lambda c: marks.span(at - c.connected_at.timestamp())),
        _("Channels"): tables.amount(60, lambda c: len(c.channels)),
        _("Received"): tables.amount(50, lambda c: c.messages_in),
        _("Queued, KiB"): tables.bar(84, lambda c: c.waiting_bytes / KIB, OUTBOX_KIB, "%.0f"),
        **last,
        _("Disconnect"): tables.press(
            44, tables.icon("link_off"), "disconnect-button", found, farewell.ask
        ),
    }


def choose(connection: Connection | None) -> None:
    """Select a connection."""
    if connection:
        state.connection = connection.id


def draw() -> None:
    """Draw one moment."""
    now, called = frame.moment(), held(roll_call().latest())
    several = len(now.nodes.stats) > 1
    people = called.attendance
    waiting = attendance.waiting(people.connections)
    words = [
        ngettext("{count} connection", "{count} connections", people.total).format(
            count=marks.number(people.total)
        ),
        ngettext("{count} user", "{count} users", attendance.users(people.connections)).format(
            count=marks.number(attendance.users(people.connections))
        ),
        _("{size} KiB queued").format(size=marks.number(waiting / KIB)),
    ]
    live_line(" · ".join(words))
    if frame.nothing_yet(now):
        return
    gauges(now)
    if several:
        servers(now.nodes.stats)
    left, right = st.columns([8, 4], gap="xsmall")
    with left:
        chosen = who(called, several, called.at or now.at)
    with right:
        witness.draw(chosen, people.connections, now)
    if farewell.is_asked():
        st.rerun()  # the question is drawn by the whole page: a tick would take it away


def held(called: Called) -> Called:
    """Return the latest result, or while paused the one at that time."""
    if not state.get("held"):
        state.pop("roll_held", None)
        return called
    kept: Called = state.setdefault("roll_held", called)
    return kept


state.setdefault("connection", "")
live_line = frame.header(_("Connections"))
farewell.draw()
frame.live("connections", draw)
