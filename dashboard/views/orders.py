"""Orders: one order from the customer's and the shop's side, and all open orders."""

from __future__ import annotations

import streamlit as st

from dashboard import charts, frame, gantt, look, marks, order_panes, tables
from dashboard.following import follow
from dashboard.order_news import as_heard, news
from dashboard.orderbook import WAY, OrderSeen
from dashboard.personas import Persona
from dashboard.shared import feed
from dashboard.state import ORDERS, Snapshot
from dashboard.tables import Column
from dashboard.words import N_, _, ngettext
from protocol.events import OrderStatus

LATEST = 10  # of the live feed, as in the document's own
HEIGHT = tables.HEAD + tables.ROW * LATEST
LISTED = 200
ASKED = "order"  # of the chosen order's id, in the URL
VIEWS = {"table": N_("Table"), "timeline": N_("Timeline")}

state = st.session_state


def choose(order: OrderSeen | None) -> None:
    """Follow the order that was clicked, whatever its row is by now."""
    if order:
        state.order = st.query_params[ASKED] = order.id


def chosen(now: Snapshot) -> OrderSeen | None:
    """Return the order to follow: the one asked for, or at first one that will soon move."""
    if state.order:
        return next((order for order in now.orders if order.id == state.order), None)
    soon = (OrderStatus.PROCESSING, OrderStatus.PAID, OrderStatus.PENDING)
    order = next((o for status in soon for o in now.orders if o.status is status), None)
    if order:
        state.order = order.id
    return order


def one(order: OrderSeen, now: Snapshot) -> None:
    """Draw one order on both sides, each on a socket of its own."""
    following = follow(order.id, Persona(order.customer_id, name=order.customer))
    customer = following.heard_by_customer(now.at)
    told = news(customer, following.heard_by_shop(now.at), order.id)
    left, right = st.columns([52, 48], gap="xsmall")
    with left:
        order_panes.customer(order, as_heard(order, customer), following, now.at, HEIGHT)
    with right:
        order_panes.shop(order, told, now, HEIGHT)


def nothing_chosen() -> None:
    """Say why no order is shown."""
    with (
        look.card("customer", _("One order, from both sides"), size="even"),
        st.container(height=HEIGHT, border=False),
    ):
        if state.order:
            look.empty(
                "search_off",
                _("Order not found"),
                _("No recent updates. Select another order from the list."),
            )
        else:
            look.empty(
                "receipt_long",
                _("No orders yet"),
                _("New orders appear here. Start the simulator: `python -m simulator`."),
            )


def latest(now: Snapshot) -> None:
    """Draw the last orders as the tenant's channel tells them."""
    where = marks.zone()
    placed = [order for order in now.orders if order.heard_placed][:LATEST]
    columns: dict[str, Column[OrderSeen]] = {
        "": tables.text(18, lambda order: "▶" if order.id == state.order else ""),
        _("Order"): tables.press(100, lambda order: order.number, "latest-button", placed, choose),
        _("Status"): tables.chips(78, lambda order: order.status, look.STATUS),
        _("Total, ₴"): tables.figure(50, lambda order: marks.number(float(order.total))),
        _("Time"): tables.text(58, lambda order: marks.clock(order.placed_at, where=where)),
        _("Customer"): tables.text(120, lambda order: order.customer),
    }
    title = _("Last {count} orders").format(count=LATEST)
    aside = marks.chip(f"tenant:{feed().tenant}", "tenant")
    with look.card("latest", title, aside, size="even"):
        tables.table(placed, columns, "latest", lines=LATEST, picked=choose, alt=title)


def on_their_way(now: Snapshot) -> None:
    """Draw every open order, as a table or as bars."""
    waiting = [order for order in reversed(now.orders) if order.is_open]
    title = _("Open orders, oldest first")
    with look.card("open", title, None, size="rest") as head:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            find = st.text_input(
                _("Find an order"),
                key="find",
                type="search",
                live=True,
                bind="query-params",
                placeholder=_("Number, customer or product"),
                label_visibility="collapsed",
                width=260,
            )
            view = str(
                st.segmented_control(
                    _("Show as"),
                    list(VIEWS),
                    default=view_asked,
                    required=True,
                    key="view",
                    format_func=lambda name: _(VIEWS[name]),
                    on_change=lambda: st.query_params.update(view=state.view),
                    label_visibility="collapsed",
                )
            )
        found = [order for order in waiting if matches(order, find)]
        head(legend(view) + counted(len(found), len(waiting), view))
        if not found:
            look.empty("done_all", *nothing_open(bool(waiting)))
        elif view == "timeline":
            bars(found, now)
        else:
            table(found[:LISTED])


def matches(order: OrderSeen, find: str | None) -> bool:
    """Tell whether an order has the words in its number, its customer or its goods."""
    text = f"{order.number} {order.customer} {order.goods} {order.tracking_number}".casefold()
    return all(word in text for word in (find or "").casefold().split())


def counted(found: int, waiting: int, view: str) -> str:
    """Say how many there are, and how many of them are drawn."""
    words = ngettext("{count} order", "{count} orders", waiting).format(count=waiting)
    if found < waiting:
        words += " · " + _("{count} found").format(count=found)
    shown = gantt.ROWS if view == "timeline" else LISTED
    if found > shown:
        words += " · " + _("the first {count} shown").format(count=shown)
    return words


def legend(view: str) -> str:
    """Say what the colours of the bars are."""
    if view != "timeline":
        return ""
    return "".join(charts.swatch(look.name(status), status) for status in charts.STATUS_HEX)


def nothing_open(any_open: bool) -> tuple[str, str]:
    """Say why no open order is shown."""
    if any_open:
        return _("No matching orders"), _("Clear the search to see all orders.")
    return _("No open orders"), _("Orders appear here from checkout to delivery.")


def table(orders: list[OrderSeen]) -> None:
    """Draw the orders with how long each of their steps took."""
    where = marks.zone()

    def step(status: OrderStatus) -> Column[OrderSeen]:
        return tables.text(80, lambda order: after(order.took(status)))

    columns: dict[str, Column[OrderSeen]] = {
        "": tables.text(20, lambda order: "▶" if order.id == state.order else ""),
        _("Order"): tables.press(110, lambda order: order.number, "open-button", orders, choose),
        _("Status"): tables.chips(90, lambda order: order.status, look.STATUS),
        _("Progress"): tables.bar(90, progress, len(WAY), " "),
        _("Customer"): tables.text(130, lambda order: order.customer),
        _("Total, ₴"): tables.figure(80, lambda order: marks.number(float(order.total), 2)),
        _("Placed"): tables.text(76, lambda order: marks.clock(order.placed_at, where=where)),
        look.name("paid"): step(OrderStatus.PAID),
        look.name("processing"): step(OrderStatus.PROCESSING),
        look.name("shipped"): step(OrderStatus.SHIPPED),
        _("Tracking number"): tables.text(120, lambda order: order.tracking_number),
        _("Parcel"): tables.text(220, lambda order: order.tracking_status),
    }
    title = _("Open orders, oldest first")
    tables.table(orders, columns, "open", picked=choose, alt=title)


def progress(order: OrderSeen) -> int:
    """Count the steps that are behind it, the present one included."""
    return WAY.index(order.status) + 1 if order.status in WAY else 1


def after(seconds: float | None) -> str:
    """Say how long after the step before it a step came, or nothing."""
    return "" if seconds is None else f"+{marks.span(seconds)}"


def bars(orders: list[OrderSeen], now: Snapshot) -> None:
    """Draw the orders as bars of the last minutes."""
    shown = orders[: gantt.ROWS]
    ways = gantt.frame(gantt.pieces(shown, now.at))
    alt = _("Open orders over the last five minutes, one bar segment per status")
    spec = charts.ways(tuple(map(look.name, charts.STATUS_HEX)))
    st.vega_lite_chart(ways, spec, key="order-timeline", height="stretch", alt=alt)


def draw() -> None:
    """Draw one moment."""
    now = frame.moment()
    rate = 60 * now.series.now(ORDERS, over=60)
    live_line(
        ngettext("{count} order/min", "{count} orders/min", rate).format(count=marks.number(rate))
        + " · "
        + _("{sum} ₴ ordered since {start}").format(
            sum=marks.number(float(now.ordered)), start=marks.clock(now.started_at)[:5]
        )
    )
    if frame.nothing_yet(now):
        return
    order = chosen(now)
    left, right = st.columns([29, 20], gap="xsmall")
    with left:
        if order:
            one(order, now)
        else:
            nothing_chosen()
    with right:
        latest(now)
    on_their_way(now)


view_asked = st.query_params.get("view")
view_asked = view_asked if view_asked in VIEWS else "table"
state.order = st.query_params.get(ASKED, state.get("order", ""))
live_line = frame.header(_("Orders"))
frame.live("orders", draw)
