"""Overview: key metrics, throughput, latest orders and stock alerts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st

from dashboard.dependencies import feed
from dashboard.i18n.translate import _, ngettext
from dashboard.state.live_state import (
    DELIVERIES,
    MESSAGES,
    ORDERED_AMOUNT,
    ORDERS,
    P95_MS,
    Snapshot,
)
from dashboard.state.orders import TrackedOrder
from dashboard.state.stock_alerts import AlertRecord
from dashboard.state.time_series import RATE_S, SPARKLINE_STEP_S, sparkline_ends
from dashboard.ui import (
    formatting,
    metric_row,
    page_frame,
    sidebar,
    simulator_commands,
    tables,
    theme,
    throughput_card,
)
from dashboard.ui.metric_row import Metric
from dashboard.ui.tables import Column
from protocol.simulator_api import PlaceOrder

MAX_ROWS = 40


def draw_metrics(now: Snapshot) -> None:
    """Draw the key metrics."""
    series = now.series
    messages, deliveries = (series.now(name, over=RATE_S) for name in (MESSAGES, DELIVERIES))
    amounts = metric_row.known_only(now, ordered_amounts(now))
    p95 = now.health.p95_ms
    p95s = [one.value for one in now.gauges.ranges(P95_MS, sparkline_ends(series.end))]
    metric_row.draw(
        (
            metric_row.connections_metric(now, page="connections"),
            Metric(
                _("Messages/s"),
                _(
                    "Publications accepted per second, the mean of the last {seconds} s, "
                    "excluding monitor traffic"
                ).format(seconds=RATE_S),
                formatting.format_number(messages, 1),
                metric_row.known_only(now, series.sparkline(MESSAGES)),
                caption=_("mean of {seconds} s").format(seconds=RATE_S),
                page="explorer",
            ),
            Metric(
                _("Deliveries/s"),
                explain_deliveries(now, messages, deliveries),
                formatting.format_number(deliveries, 1),
                metric_row.known_only(now, series.sparkline(DELIVERIES)),
                caption=connected_caption(now),
                page="connections",
            ),
            Metric(
                _("Orders/min"),
                _("Orders placed in the last minute"),
                formatting.format_number(60 * series.now(ORDERS, over=60)),
                metric_row.known_only(now, series.sparkline(ORDERS, over=60)),
                page="orders",
            ),
            Metric(
                _("Ordered, ₴"),
                _(
                    "All orders placed since the workbench started or was reset, "
                    "including unpaid and cancelled ones"
                ),
                formatting.format_number(int(now.ordered_amount)),
                amounts,
                caption=growth_caption(amounts),
                page="orders",
                is_total=True,
            ),
            Metric(
                _("Latency p95, ms"),
                _("From accepting a publication to writing it to the socket, over the last minute"),
                None if p95 is None else formatting.format_number(p95, 1),
                metric_row.known_only(now, p95s),
                page="connections",
            ),
        )
    )


def connected_customers(now: Snapshot) -> tuple[int, int] | None:
    """Return how many of the customers on a visit are connected, and how many those are."""
    if now.shop is None or now.stock.error:
        return None
    connected = {customer.id for customer in now.shop.customers if customer.signed_in}
    return sum(customer.id in connected for customer in now.customers), len(now.customers)


def connected_caption(now: Snapshot) -> str:
    """Return why there are fewer deliveries than messages, in short."""
    if (counts := connected_customers(now)) is None:
        return ""
    return _("{active} shopping now, {connected} connected").format(
        connected=counts[0], active=counts[1]
    )


def explain_deliveries(now: Snapshot, messages: float, deliveries: float) -> str:
    """Return what a delivery is, and why fewer deliveries than messages are no loss."""
    text = _("Connections these publications were queued for, excluding monitor traffic.")
    if (counts := connected_customers(now)) is None:
        return text
    explanation = _(
        "{deliveries} deliveries/s of {messages} messages/s are no loss: of the {active} customers "
        "shopping now {connected} are connected, and a message "
        "to a customer who is not has no recipient."
    )
    return f"{text} " + explanation.format(
        deliveries=formatting.format_number(deliveries, 1),
        messages=formatting.format_number(messages, 1),
        connected=counts[0],
        active=counts[1],
    )


def ordered_amounts(now: Snapshot) -> list[float]:
    """Return the total amount ordered, at each point of a sparkline."""
    amount, amounts = float(now.ordered_amount), list[float]()
    for later in reversed(now.series.means([ORDERED_AMOUNT], sparkline_ends(now.series.end))):
        amounts.insert(0, amount)
        amount -= later[ORDERED_AMOUNT] * SPARKLINE_STEP_S
    return amounts


def growth_caption(amounts: Sequence[float | None]) -> str:
    """Return by how much a total has grown in its sparkline, whose axis is not from zero."""
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return ""
    return _("+{amount} in 2 min").format(
        amount=formatting.format_number(round(known[-1] - known[0]))
    )


def count_since(count: int, start: str) -> str:
    """Return a count, and since when it counts."""
    return _("{count} since {start}").format(count=formatting.format_number(count), start=start)


def draw_orders(now: Snapshot, start: str) -> None:
    """Draw the newest orders with their current status."""
    where = formatting.viewer_timezone()
    columns: dict[str, Column[TrackedOrder]] = {
        _("Time"): tables.text_column(
            66, lambda order: formatting.format_time(order.placed_at, timezone=where)
        ),
        _("Order"): tables.link_column(
            124, lambda order: order.number, lambda order: f"/orders?order={quote(order.id)}"
        ),
        _("Status"): tables.chips_column(92, lambda order: order.status, theme.STATUS_TONES),
        _("Customer"): tables.text_column(122, lambda order: order.customer),
        _("Items"): tables.text_column(140, lambda order: order.item_names, grows=True),
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
        _("State"): tables.chips_column(76, lambda alert: alert.state, theme.ALERT_TONES),
        _("Product"): tables.link_column(
            180, lambda alert: alert.product, lambda alert: f"/inventory?product={quote(alert.sku)}"
        ),
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
            "{count} message since {start}",
            "{count} messages since {start}",
            now.message_count,
        ).format(count=formatting.format_number(now.message_count), start=start),
        ngettext(
            "{count} customer shopping now", "{count} customers shopping now", len(now.customers)
        ).format(count=len(now.customers)),
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
    throughput_card.draw("overview", "throughput", _("Messages/s by channel kind"), now, height=250)
    left, right = st.columns([7, 5], gap="xsmall")
    with left:
        draw_orders(now, start)
    with right:
        draw_alerts(now, start)


def draw_actions() -> None:
    """Draw the button that places an order, and a link to the order that was placed with it."""
    result = simulator_commands.last_result()
    if result and result.order and not result.error:
        st.page_link(
            "views/orders/page.py",
            label=result.order.number,
            icon=":material/receipt_long:",
            query_params={"order": result.order.id},
            help=_("Follow the order of {name}").format(name=result.order.customer.name),
        )
    st.button(
        _("Place an order"),
        icon=":material/add_shopping_cart:",
        key="place",
        disabled=feed().snapshot().shop is None,
        on_click=place_order,
    )


def place_order() -> None:
    """Place an order of the persona, or of any connected customer if it is none of the shop."""
    persona = sidebar.current_persona()
    is_customer = persona.role == "customer" and not persona.is_anonymous and not persona.tenant
    simulator_commands.send_command(PlaceOrder(customer=persona.user_id if is_customer else None))
    result = simulator_commands.last_result()
    if result is not None and result.error:
        st.toast(formatting.escape_markdown(result.error), icon=":material/error:")


live_line = page_frame.header(_("Overview"), allow_presenter=True, draw_actions=draw_actions)
page_frame.redraw_periodically("overview", draw)
