"""Orders: one order from the customer's and the shop's side, and all open orders."""

from __future__ import annotations

import streamlit as st

from common.text_markers import N_
from dashboard.dependencies import feed
from dashboard.i18n.translate import _, ngettext
from dashboard.personas import Persona
from dashboard.state.live_state import ORDERS, Snapshot
from dashboard.state.orders import HAPPY_PATH, STALE_AFTER_S, TrackedOrder
from dashboard.tab_session import tab
from dashboard.ui import chart_window, charts, formatting, page_frame, tables, theme, url_select
from dashboard.ui.tables import Column
from dashboard.views.orders import panes, timeline
from dashboard.views.orders.delivery_times import order_as_received, pair_deliveries
from dashboard.views.orders.order_sockets import order_sockets
from protocol.event_payloads import OrderStatus

LATEST_ROWS = 10  # the newest orders beside the selected one
PANE_PX = tables.HEADER_PX + tables.ROW_PX * LATEST_ROWS
MAX_LISTED = 200
ORDER_PARAM = "order"  # of the selected order's id, in the URL
VIEW_LABELS = {"table": N_("Table"), "timeline": N_("Timeline")}


def select_order(order: TrackedOrder) -> None:
    """Select an order."""
    tab().orders.selected_id = order.id
    url_select.keep_value("orders", ORDER_PARAM, order.id)


def selected_order(now: Snapshot) -> TrackedOrder | None:
    """Return the selected order; by default one that will soon change its status.

    It is selected by its id, or by its number in a link.
    """
    if wanted := tab().orders.selected_id:
        number = wanted.upper()
        order = next((o for o in now.orders if wanted == o.id or number == o.number), None)
    else:
        soon = (OrderStatus.PROCESSING, OrderStatus.PAID, OrderStatus.PENDING)
        order = next((o for status in soon for o in now.orders if o.status is status), None)
    if order:
        select_order(order)
    return order


def select_another() -> None:
    """Let the page choose an order again."""
    tab().orders.selected_id = ""
    url_select.keep_value("orders", ORDER_PARAM, "")


def draw_order(order: TrackedOrder, now: Snapshot) -> None:
    """Draw one order as its customer and as the shop receive it, each on a socket of its own."""
    sockets = order_sockets(order.id, Persona(order.customer_id, name=order.customer))
    customer_messages = sockets.customer_messages(now.at)
    deliveries = pair_deliveries(customer_messages, sockets.shop_messages(now.at), order.id)
    left, right = st.columns([42, 58], gap="xsmall")
    with left:
        panes.draw_customer_pane(
            order, order_as_received(order, customer_messages), sockets, now.at, PANE_PX
        )
    with right:
        panes.draw_shop_pane(order, deliveries, now, PANE_PX)


def draw_no_order() -> None:
    """Draw an empty state while no order is shown."""
    with (
        theme.card("customer", _("One order, from both sides"), size="even"),
        st.container(height=PANE_PX, border=False),
    ):
        if wanted := tab().orders.selected_id:
            words = _(
                "The workbench knows no order {order}. It ended more than {minutes} minutes ago "
                "or before the workbench started, or is from before a reset."
            )
            theme.draw_empty_state(
                "search_off",
                _("Order not found"),
                words.format(order=formatting.escape_markdown(wanted), minutes=STALE_AFTER_S // 60),
            )
            st.button(
                _("Show a current order"),
                icon=":material/receipt_long:",
                key="another",
                on_click=select_another,
            )
        else:
            theme.draw_empty_state(
                "receipt_long",
                _("No orders yet"),
                _("New orders appear here. Start the simulator: `python -m simulator`."),
            )


def draw_latest(now: Snapshot) -> None:
    """Draw the newest orders received on the tenant's channel."""
    where = formatting.viewer_timezone()
    placed = [order for order in now.orders if order.placement_received][:LATEST_ROWS]
    columns: dict[str, Column[TrackedOrder]] = {
        _("Order"): tables.text_column(112, lambda order: order.number),
        _("Status"): tables.chips_column(82, lambda order: order.status, theme.STATUS_TONES),
        _("Total, ₴"): tables.right_aligned_column(
            58, lambda order: formatting.format_number(float(order.total))
        ),
        _("Time"): tables.text_column(
            64, lambda order: formatting.format_time(order.placed_at, timezone=where)
        ),
        _("Customer"): tables.text_column(64, lambda order: order.customer, grows=True),
    }
    title = _("Last {count} orders").format(count=LATEST_ROWS)
    aside = formatting.chip_html(f"tenant:{feed().tenant}", "tenant")
    with theme.card("latest", title, aside, size="even"):
        tables.draw_table(
            placed,
            columns,
            panes.LATEST,
            row_id=lambda order: order.id,
            selected=tab().orders.selected_id,
            on_select=select_order,
            visible_rows=LATEST_ROWS,
            detail="even-customer",
            alt=title,
        )


def draw_open_orders(now: Snapshot) -> None:
    """Draw the open orders, as a table or as a timeline."""
    waiting = [order for order in reversed(now.orders) if order.is_open]
    title = _("Open orders, oldest first")
    with theme.card("open", title, None, size="rest") as head:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            find = url_select.search_input(
                "orders",
                "find",
                _("Find an order"),
                placeholder=_("Number, customer or product"),
                width=260,
            )
            view = url_select.select(
                "orders",
                "view",
                _("Show as"),
                VIEW_LABELS,
                element=st.segmented_control,
                required=True,
                label_visibility="collapsed",
            )
        found = [order for order in waiting if matches(order, find)]
        head(timeline_legend(view) + count_text(len(found), len(waiting), view))
        if not found:
            theme.draw_empty_state("done_all", *empty_state_texts(bool(waiting)))
        elif view == "timeline":
            draw_timeline(found, now)
        else:
            draw_open_table(found[:MAX_LISTED], find)


def matches(order: TrackedOrder, find: str) -> bool:
    """Return whether an order's number, customer, items or tracking number have all the words."""
    text = f"{order.number} {order.customer} {order.item_names} {order.tracking_number}".casefold()
    return all(word in text for word in find.casefold().split())


def count_text(matching: int, total: int, view: str) -> str:
    """Return the number of orders, and how many of them are drawn."""
    words = ngettext("{count} order", "{count} orders", total).format(count=total)
    if matching < total:
        words += " · " + _("{count} found").format(count=matching)
    shown = timeline.TIMELINE_ROWS if view == "timeline" else MAX_LISTED
    if matching > shown:
        words += " · " + _("the first {count} shown").format(count=shown)
    return words


def timeline_legend(view: str) -> str:
    """Return the legend of the timeline as HTML."""
    if view != "timeline":
        return ""
    return "".join(
        timeline.legend_entry(theme.display_name(status), status)
        for status in timeline.STATUS_BAR_HEX
    )


def empty_state_texts(any_open: bool) -> tuple[str, str]:
    """Return title and hint of the empty state."""
    if any_open:
        return _("No matching orders"), _("Clear the search to see all orders.")
    return _("No open orders"), _("Orders appear here from checkout to delivery.")


def draw_open_table(orders: list[TrackedOrder], find: str) -> None:
    """Draw the orders that a search found, with the duration of each step."""
    where = formatting.viewer_timezone()

    def step(status: OrderStatus) -> Column[TrackedOrder]:
        return tables.text_column(
            80,
            lambda order: format_step_duration(order.duration_until(status)),
            _("Time from the step before until this one"),
        )

    columns: dict[str, Column[TrackedOrder]] = {
        _("Order"): tables.text_column(112, lambda order: order.number),
        _("Status"): tables.chips_column(104, lambda order: order.status, theme.STATUS_TONES),
        _("Progress"): tables.progress_column(
            90,
            completed_steps,
            len(HAPPY_PATH),
            lambda order: f"{completed_steps(order)} / {len(HAPPY_PATH)}",
            is_text_visible=False,
        ),
        _("Customer"): tables.text_column(150, lambda order: order.customer),
        _("Total, ₴"): tables.right_aligned_column(
            80, lambda order: formatting.format_number(float(order.total), 2)
        ),
        _("Placed"): tables.text_column(
            86, lambda order: formatting.format_time(order.placed_at, timezone=where)
        ),
        theme.display_name("paid").capitalize(): step(OrderStatus.PAID),
        theme.display_name("processing").capitalize(): step(OrderStatus.PROCESSING),
        theme.display_name("shipped").capitalize(): step(OrderStatus.SHIPPED),
        _("Tracking number"): tables.text_column(120, lambda order: order.tracking_number),
        _("Parcel"): tables.text_column(160, lambda order: order.tracking_status, grows=True),
    }
    title = _("Open orders, oldest first")
    tables.draw_table(
        orders,
        columns,
        panes.OPEN,
        row_id=lambda order: order.id,
        selected=tab().orders.selected_id,
        on_select=select_order,
        scope=find,
        mark=tables.find_words(find),
        detail="even-customer",
        alt=title,
    )


def completed_steps(order: TrackedOrder) -> int:
    """Count the completed steps, the current one included."""
    return HAPPY_PATH.index(order.status) + 1 if order.status in HAPPY_PATH else 1


def format_step_duration(seconds: float | None) -> str:
    """Format the time since the previous step; empty if unknown."""
    return "" if seconds is None else f"+{formatting.format_duration(seconds)}"


def draw_timeline(orders: list[TrackedOrder], now: Snapshot) -> None:
    """Draw the timeline."""
    shown = orders[: timeline.TIMELINE_ROWS]
    segments = timeline.status_segments(shown, now.at)
    bars = timeline.timeline_data(segments, now.at, formatting.format_time)
    marks = chart_window.time_marks(now, now.at, timeline.TIMELINE_S)
    data = charts.with_marks(bars, marks, now.at, timeline.TIMELINE_S)
    alt = _("Open orders over the last five minutes, one bar segment per status")
    spec = timeline.order_timeline_spec(tuple(map(theme.display_name, timeline.STATUS_BAR_HEX)))
    st.vega_lite_chart(data, spec, key="order-timeline", height="stretch", alt=alt)


def draw() -> None:
    """Draw a snapshot."""
    now = page_frame.current_snapshot()
    rate = round(60 * now.series.now(ORDERS, over=60))
    live_line(
        ngettext("{count} order/min", "{count} orders/min", rate).format(
            count=formatting.format_number(rate)
        )
        + " · "
        + _("{sum} ₴ ordered since {start}").format(
            sum=formatting.format_number(float(now.ordered_amount)),
            start=formatting.format_time(now.started_at)[:5],
        )
    )
    if page_frame.draw_if_empty(now):
        return
    order = selected_order(now)
    left, right = st.columns([64, 36], gap="xsmall")
    with left:
        if order:
            draw_order(order, now)
        else:
            draw_no_order()
    with right:
        draw_latest(now)
    draw_open_orders(now)


tab().orders.selected_id = url_select.asked_value("orders", ORDER_PARAM)
url_select.keep_value("orders", ORDER_PARAM, tab().orders.selected_id)
live_line = page_frame.header(_("Orders"))
page_frame.redraw_periodically("orders", draw)
