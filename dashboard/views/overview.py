"""Overview: what the shop is doing now, on one screen."""

from __future__ import annotations

import streamlit as st

from dashboard import charts, frame, look, marks, tables
from dashboard.channels import EVERYONE, KINDS
from dashboard.ledger import AlertSeen
from dashboard.orderbook import OrderSeen
from dashboard.rates import STEP_S, WINDOW_S, Series
from dashboard.state import DELIVERIES, MESSAGES, ORDERED, ORDERS, Snapshot
from dashboard.tables import Column

TITLE = "Overview"
GAUGES = {
    "connections": ("Connections", "Sockets open on the server now, those of other shops too"),
    "messages": ("Messages/s", "Publications accepted in the last second, without the monitor's"),
    "deliveries": ("Deliveries/s", "Sockets they were queued for, without the monitor's"),
    "orders": ("Orders/min", "Orders placed in the last minute"),
    "ordered": ("Ordered, ₴", "Placed since the dashboard started, paid or not, cancelled or not"),
    "p95": ("Latency p95, ms", "From acceptance to the socket, over the last minute"),
}
LIVE = "{messages} messages seen since {start} · {customers} customers about"
LEFT_OUT = " · {count} more counted only"
THROUGHPUT, GAP = "Messages/s by channel kind", "not seen: {length}"
ORDERS_TITLE, SINCE = "Orders as they come", " · {count} since {start}"
OPEN, OPEN_OF = "{count} open", "{count} open of the last {kept}"
ALERTS_TITLE, ALERT_COUNT = "Stock alerts", "{count} since {start}"
NO_ORDERS = ("receipt_long", "No orders yet")
NO_ORDERS_HINT = "A new order shows here as it is placed. Start the shop: `python -m simulator`."
NO_ALERTS = ("inventory_2", "No alerts yet")
NO_ALERTS_HINT = "An alert comes when a shelf falls to its threshold, empties or is filled again."
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
            st.metric(label, value, border=True, chart_data=trend, help=source)


def throughput(series: Series, cut: dict[int, str]) -> None:
    """Draw messages a second, stacked by channel kind; the legend carries the present values."""
    rows = series.window(KINDS)
    silent = not any(row[EVERYONE] for row in rows)
    named = [kind for kind in KINDS if kind != EVERYONE or not silent]
    legend = "".join(marks.dot(f"{kind} {marks.number(rows[-1][kind], 1)}", kind) for kind in named)
    with look.card("throughput", THROUGHPUT, legend):
        table = charts.throughput_frame(rows, cut)
        st.vega_lite_chart(table, charts.THROUGHPUT, key="throughput", height=250, alt=THROUGHPUT)


def gaps(now: Snapshot) -> dict[int, str]:
    """Mark where the feed was cut off: what passed then is missing from the chart."""
    ends = {int(gap.until) - now.series.end: gap.until - gap.since for gap in now.gaps}
    return {
        t: GAP.format(length=marks.span(lasted)) for t, lasted in ends.items() if -WINDOW_S < t <= 0
    }


def orders(now: Snapshot, start: str) -> None:
    """Draw the newest orders, each with its newest status."""
    where = marks.zone()
    columns: dict[str, Column[OrderSeen]] = {
        "Time": tables.text(66, lambda order: marks.clock(order.placed_at, where=where)),
        "Order": tables.text(102, lambda order: order.number),
        "Status": tables.chips(90, lambda order: order.status, look.STATUS),
        "Customer": tables.text(122, lambda order: order.customer),
        "Items": tables.text(196, lambda order: order.goods),
        "Total, ₴": tables.figure(80, lambda order: marks.number(float(order.total), 2)),
    }
    still_open = sum(order.is_open for order in now.orders)
    whole = OPEN if now.order_count <= len(now.orders) else OPEN_OF
    aside = whole.format(count=still_open, kept=len(now.orders))
    aside += SINCE.format(count=marks.number(now.order_count), start=start)
    with look.card("orders", ORDERS_TITLE, aside, size="rest"):
        if not now.orders:
            return look.empty(*NO_ORDERS, NO_ORDERS_HINT)
        tables.table(now.orders[:SHOWN], columns, key="orders", alt=ORDERS_TITLE)


def alerts(now: Snapshot, start: str) -> None:
    """Draw the newest alerts, seen or not."""
    where = marks.zone()
    columns: dict[str, Column[AlertSeen]] = {
        "Time": tables.text(66, lambda alert: marks.clock(alert.at, where=where)),
        "State": tables.chips(58, lambda alert: alert.type, look.ALERT),
        "Product": tables.text(210, lambda alert: alert.product),
        "Warehouse": tables.text(72, lambda alert: alert.warehouse),
        "Left": tables.amount(44, lambda alert: alert.left),
    }
    aside = ALERT_COUNT.format(count=marks.number(now.alert_count), start=start)
    with look.card("alerts", ALERTS_TITLE, aside, size="rest"):
        if not now.alerts:
            return look.empty(*NO_ALERTS, NO_ALERTS_HINT)
        tables.table(now.alerts[:SHOWN], columns, key="alerts", alt=ALERTS_TITLE)


def draw() -> None:
    """Draw one moment."""
    now = frame.moment()
    start = marks.clock(now.started_at)[:5]
    words = LIVE.format(
        messages=marks.number(now.log.seq), start=start, customers=len(now.customers)
    )
    live_line(words + (LEFT_OUT.format(count=marks.number(now.left_out)) if now.left_out else ""))
    if frame.nothing_yet(now):
        return
    gauges(now)
    throughput(now.series, gaps(now))
    left, right = st.columns([7, 5], gap="xsmall")
    with left:
        orders(now, start)
    with right:
        alerts(now, start)


live_line = frame.header(TITLE, present=True)
frame.live(draw)
