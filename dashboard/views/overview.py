"""Overview: key metrics, throughput, latest orders and stock alerts."""

from __future__ import annotations

import streamlit as st

from dashboard import charts, frame, look, marks, tables
from dashboard.channels import EVERYONE, KINDS
from dashboard.ledger import AlertSeen
from dashboard.orderbook import OrderSeen
from dashboard.rates import STEP_S, WINDOW_S, Series
from dashboard.state import DELIVERIES, MESSAGES, ORDERED, ORDERS, Snapshot
from dashboard.tables import Column
from dashboard.words import N_, _, ngettext

GAUGES = {
    "connections": (
        N_("Connections"),
        N_("Open connections on the server, including those of other shops"),
    ),
    "messages": (
        N_("Messages/s"),
        N_("Publications accepted in the last second, excluding monitor traffic"),
    ),
    "deliveries": (
        N_("Deliveries/s"),
        N_("Connections these publications were queued for, excluding monitor traffic"),
    ),
    "orders": (N_("Orders/min"), N_("Orders placed in the last minute")),
    "ordered": (
        N_("Ordered, ₴"),
        N_("All orders placed since the dashboard started, including unpaid and cancelled ones"),
    ),
    "p95": (
        N_("Latency p95, ms"),
        N_("From accepting a publication to writing it to the socket, over the last minute"),
    ),
}
SHOWN = 40


def gauges(now: Snapshot) -> None:
    """Draw six numbers, each with its last two minutes."""
    series, (connections, p95s) = now.series, now.health_trends
    slow = now.health.p95_ms
    ordered, sums = float(now.ordered), list[float]()
    for late in reversed(series.window([ORDERED])[::STEP_S]):
        sums.insert(0, ordered)
        ordered -= late[ORDERED]
    values = {
        "connections": (marks.number(now.health.connections), connections),
        "messages": (marks.number(series.now(MESSAGES), 1), series.trend(MESSAGES)),
        "deliveries": (marks.number(series.now(DELIVERIES), 1), series.trend(DELIVERIES)),
        "orders": (marks.number(60 * series.now(ORDERS, over=60)), series.trend(ORDERS, over=60)),
        "ordered": (marks.number(int(now.ordered)), sums),
        "p95": (None if slow is None else marks.number(slow, 1), p95s),
    }
    with st.grid(len(values), min_column_width=140, gap="xsmall"):
        for name, (value, trend) in values.items():
            label, source = GAUGES[name]
            st.metric(_(label), value, border=True, chart_data=trend, help=_(source))


def throughput(series: Series, cut: dict[int, str]) -> None:
    """Draw messages a second, stacked by channel kind; the legend carries the present values."""
    rows = series.window(KINDS)
    silent = not any(row[EVERYONE] for row in rows)
    named = [kind for kind in KINDS if kind != EVERYONE or not silent]
    legend = "".join(marks.dot(f"{kind} {marks.number(rows[-1][kind], 1)}", kind) for kind in named)
    title = _("Messages/s by channel kind")
    with look.card("throughput", title, legend):
        table = charts.throughput_frame(rows, cut)
        st.vega_lite_chart(table, charts.throughput(), key="throughput", height=250, alt=title)


def gaps(now: Snapshot) -> dict[int, str]:
    """Mark where the feed was cut off: what passed then is missing from the chart."""
    ends = {int(gap.until) - now.series.end: gap.until - gap.since for gap in now.gaps}
    return {
        t: _("no data: {length}").format(length=marks.span(lasted))
        for t, lasted in ends.items()
        if -WINDOW_S < t <= 0
    }


def since(count: int, start: str) -> str:
    """Say how many came since the dashboard started."""
    return _("{count} since {start}").format(count=marks.number(count), start=start)


def orders(now: Snapshot, start: str) -> None:
    """Draw the newest orders, each with its newest status."""
    where = marks.zone()
    columns: dict[str, Column[OrderSeen]] = {
        _("Time"): tables.text(66, lambda order: marks.clock(order.placed_at, where=where)),
        _("Order"): tables.text(102, lambda order: order.number),
        _("Status"): tables.chips(92, lambda order: order.status, look.STATUS),
        _("Customer"): tables.text(122, lambda order: order.customer),
        _("Items"): tables.text(196, lambda order: order.goods),
        _("Total, ₴"): tables.figure(80, lambda order: marks.number(float(order.total), 2)),
    }
    still_open = sum(order.is_open for order in now.orders)
    if now.order_count <= len(now.orders):
        aside = _("{count} open").format(count=still_open)
    else:
        aside = _("{count} open of the last {kept}").format(count=still_open, kept=len(now.orders))
    aside += " · " + since(now.order_count, start)
    title = _("Latest orders")
    with look.card("orders", title, aside, size="rest"):
        if not now.orders:
            return look.empty(
                "receipt_long",
                _("No orders yet"),
                _("New orders appear here. Start the simulator: `python -m simulator`."),
            )
        tables.table(now.orders[:SHOWN], columns, key="orders", alt=title)


def alerts(now: Snapshot, start: str) -> None:
    """Draw the newest alerts, seen or not."""
    where = marks.zone()
    columns: dict[str, Column[AlertSeen]] = {
        _("Time"): tables.text(66, lambda alert: marks.clock(alert.at, where=where)),
        _("State"): tables.chips(64, lambda alert: alert.type, look.ALERT),
        _("Product"): tables.text(210, lambda alert: alert.product),
        _("Warehouse"): tables.text(72, lambda alert: alert.warehouse),
        _("Left"): tables.amount(44, lambda alert: alert.left),
    }
    title = _("Stock alerts")
    with look.card("alerts", title, since(now.alert_count, start), size="rest"):
        if not now.alerts:
            return look.empty(
                "inventory_2",
                _("No alerts yet"),
                _(
                    "Alerts are raised when stock reaches its "
                    "threshold, runs out or is replenished."
                ),
            )
        tables.table(now.alerts[:SHOWN], columns, key="alerts", alt=title)


def draw() -> None:
    """Draw one moment."""
    now = frame.moment()
    start = marks.clock(now.started_at)[:5]
    words = [
        ngettext(
            "{count} message since {start}", "{count} messages since {start}", now.log.seq
        ).format(count=marks.number(now.log.seq), start=start),
        ngettext("{count} active customer", "{count} active customers", len(now.customers)).format(
            count=len(now.customers)
        ),
    ]
    if now.left_out:
        words.append(
            _("{count} more counted but not stored").format(count=marks.number(now.left_out))
        )
    live_line(" · ".join(words))
    if frame.nothing_yet(now):
        return
    gauges(now)
    throughput(now.series, gaps(now))
    left, right = st.columns([7, 5], gap="xsmall")
    with left:
        orders(now, start)
    with right:
        alerts(now, start)


live_line = frame.header(_("Overview"), present=True)
frame.live("overview", draw)
