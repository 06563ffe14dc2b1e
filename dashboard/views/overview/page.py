"""Overview: key metrics, throughput, latest orders and stock alerts."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n.translate import _, ngettext
from dashboard.state.channels import EVERYONE, KINDS
from dashboard.state.live_state import DELIVERIES, MESSAGES, ORDERED_AMOUNT, ORDERS, Snapshot
from dashboard.state.orders import TrackedOrder
from dashboard.state.stock_alerts import AlertRecord
from dashboard.state.time_series import SPARKLINE_STEP_S, WINDOW_S, Series
from dashboard.ui import charts, formatting, metric_row, page_frame, tables, theme
from dashboard.ui.metric_row import Metric
from dashboard.ui.tables import Column

MAX_ROWS = 40


def draw_metrics(now: Snapshot) -> None:
    """Draw the key metrics."""
    series, (_connections, p95_sparkline) = now.series, now.health_sparklines
    p95 = now.health.p95_ms
    metric_row.draw(
        (
            metric_row.connections_metric(now),
            Metric(
                _("Messages/s"),
                _("Publications accepted in the last second, excluding monitor traffic"),
                formatting.format_number(series.now(MESSAGES), 1),
                series.sparkline(MESSAGES),
            ),
            Metric(
                _("Deliveries/s"),
                _("Connections these publications were queued for, excluding monitor traffic"),
                formatting.format_number(series.now(DELIVERIES), 1),
                series.sparkline(DELIVERIES),
            ),
            Metric(
                _("Orders/min"),
                _("Orders placed in the last minute"),
                formatting.format_number(60 * series.now(ORDERS, over=60)),
                series.sparkline(ORDERS, over=60),
            ),
            Metric(
                _("Ordered, ₴"),
                _(
                    "All orders placed since the dashboard started, "
                    "including unpaid and cancelled ones"
                ),
                formatting.format_number(int(now.ordered_amount)),
                ordered_amounts(now),
            ),
            Metric(
                _("Latency p95, ms"),
                _("From accepting a publication to writing it to the socket, over the last minute"),
                None if p95 is None else formatting.format_number(p95, 1),
                p95_sparkline,
            ),
        )
    )


def ordered_amounts(now: Snapshot) -> list[float]:
    """Return the total amount ordered, at each point of a sparkline."""
    amount, amounts = float(now.ordered_amount), list[float]()
    for later in reversed(now.series.window([ORDERED_AMOUNT])[::SPARKLINE_STEP_S]):
        amounts.insert(0, amount)
        amount -= later[ORDERED_AMOUNT]
    return amounts


def draw_throughput(series: Series, annotations: dict[int, str]) -> None:
    """Draw messages per second by channel kind; the legend has the current values."""
    rows = series.window(KINDS)
    kinds = [kind for kind in KINDS if kind != EVERYONE or any(row[EVERYONE] for row in rows)]
    legend = "".join(
        formatting.dot_html(f"{kind} {formatting.format_number(rows[-1][kind], 1)}", kind)
        for kind in kinds
    )
    title = _("Messages/s by channel kind")
    with theme.card("throughput", title, legend):
        table = charts.throughput_data(rows, annotations)
        st.vega_lite_chart(table, charts.throughput_spec(), key="throughput", height=250, alt=title)


def gap_annotations(now: Snapshot) -> dict[int, str]:
    """Return annotations where the feed was disconnected: the chart lacks that traffic."""
    ends = {int(gap.until) - now.series.end: gap.until - gap.since for gap in now.gaps}
    return {
        t: _("no data: {length}").format(length=formatting.format_duration(lasted))
        for t, lasted in ends.items()
        if -WINDOW_S < t <= 0
    }


def count_since(count: int, start: str) -> str:
    """Return a count since the dashboard started."""
    return _("{count} since {start}").format(count=formatting.format_number(count), start=start)


def draw_orders(now: Snapshot, start: str) -> None:
    """Draw the newest orders with their current status."""
    where = formatting.viewer_timezone()
    columns: dict[str, Column[TrackedOrder]] = {
        _("Time"): tables.text_column(
            66, lambda order: formatting.format_time(order.placed_at, timezone=where)
        ),
        _("Order"): tables.text_column(112, lambda order: order.number),
        _("Status"): tables.chips_column(92, lambda order: order.status, theme.STATUS_TONES),
        _("Customer"): tables.text_column(122, lambda order: order.customer),
        _("Items"): tables.text_column(190, lambda order: order.item_names, grows=True),
        _("Total, ₴"): tables.right_aligned_column(
            80, lambda order: formatting.format_number(float(order.total), 2)
        ),
    }
    still_open = sum(order.is_open for order in now.orders)
    if now.order_count <= len(now.orders):
        aside = _("{count} open").format(count=still_open)
    else:
        aside = _("{count} open of the last {kept}").format(count=still_open, kept=len(now.orders))
    aside += " · " + count_since(now.order_count, start)
    title = _("Latest orders")
    with theme.card("orders", title, aside, size="rest"):
        if not now.orders:
            return theme.draw_empty_state(
                "receipt_long",
                _("No orders yet"),
                _("New orders appear here. Start the simulator: `python -m simulator`."),
            )
        tables.draw_table(
            now.orders[:MAX_ROWS], columns, "orders", row_id=lambda order: order.id, alt=title
        )


def draw_alerts(now: Snapshot, start: str) -> None:
    """Draw the newest alerts, also those marked as seen."""
    where = formatting.viewer_timezone()
    columns: dict[str, Column[AlertRecord]] = {
        _("Time"): tables.text_column(
            66, lambda alert: formatting.format_time(alert.at, timezone=where)
        ),
        _("State"): tables.chips_column(76, lambda alert: alert.type, theme.ALERT_TONES),
        _("Product"): tables.text_column(180, lambda alert: alert.product, grows=True),
        _("Warehouse"): tables.text_column(84, lambda alert: alert.warehouse),
        _("Left"): tables.number_column(44, lambda alert: alert.quantity),
    }
    title = _("Stock alerts")
    with theme.card("alerts", title, count_since(now.alert_count, start), size="rest"):
        if not now.alerts:
            return theme.draw_empty_state(
                "inventory_2",
                _("No alerts yet"),
                _(
                    "Alerts are raised when stock reaches its "
                    "threshold, runs out or is replenished."
                ),
            )
        tables.draw_table(
            now.alerts[:MAX_ROWS], columns, "alerts", row_id=lambda alert: str(alert.id), alt=title
        )


def draw() -> None:
    """Draw a snapshot."""
    now = page_frame.current_snapshot()
    start = formatting.format_time(now.started_at)[:5]
    words = [
        ngettext(
            "{count} message since {start}", "{count} messages since {start}", now.log.seq
        ).format(count=formatting.format_number(now.log.seq), start=start),
        ngettext("{count} active customer", "{count} active customers", len(now.customers)).format(
            count=len(now.customers)
        ),
    ]
    if now.not_sampled:
        words.append(
            _("{count} more counted but not stored").format(
                count=formatting.format_number(now.not_sampled)
            )
        )
    live_line(" · ".join(words))
    if page_frame.draw_if_empty(now):
        return
    draw_metrics(now)
    draw_throughput(now.series, gap_annotations(now))
    left, right = st.columns([7, 5], gap="xsmall")
    with left:
        draw_orders(now, start)
    with right:
        draw_alerts(now, start)


live_line = page_frame.header(_("Overview"), allow_presenter=True)
page_frame.redraw_periodically("overview", draw)
