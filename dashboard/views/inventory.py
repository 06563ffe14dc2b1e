"""Inventory: stock by warehouse, forecasts and alerts."""

from __future__ import annotations

import streamlit as st

from dashboard import charts, frame, look, marks, stock, tables
from dashboard.ledger import AlertSeen
from dashboard.shared import feed
from dashboard.state import Snapshot
from dashboard.stock import Shelf, Stock
from dashboard.tables import Column
from dashboard.words import _, ngettext

LINES = 14  # of 28 px, so that the chart below has its room at 1440x900
NEVER = "–"

state = st.session_state


def minutes(value: float | None) -> str:
    """Say a time to empty, unless it is far."""
    return NEVER if value is None else marks.span(60 * value)


def show(shelf: Shelf | None) -> None:
    """Show the product that was clicked."""
    if shelf:
        state.sku = shelf.sku


def shelf_column(warehouse: int) -> Column[Shelf]:
    """Show what is left in one of the warehouses."""
    return tables.amount(46, lambda shelf: shelf.left[warehouse])


def shelves(now: Snapshot) -> None:
    """Draw every product, emptiest first; a click shows it below."""
    legend = marks.dot(_("at or below threshold"), "warn") + marks.dot(_("out of stock"), "bad")
    if now.stock.trouble and now.stock.at:
        silent = _("no data from the simulator since {at}: {why}")
        told = silent.format(at=marks.clock(now.stock.at), why=_(now.stock.trouble))
        legend = marks.dot(told, "bad")
    title = _("Stock by warehouse")
    with look.card("stock", title, legend, size="even"):
        if not now.stock.shelves:
            with st.container(height=tables.HEAD + tables.ROW * LINES, border=False):
                if now.stock.trouble:
                    hint = _(
                        "Stock data comes from the simulator: {why}. Start it with `python "
                        "-m simulator`; `WORKBENCH_SIMULATOR_URL` sets its address."
                    )
                    why = _(now.stock.trouble)
                    look.empty("warehouse", _("Stock unavailable"), hint.format(why=why))
                else:
                    look.empty("warehouse", _("Loading stock from the simulator…"), "")
            return
        places, rows = now.stock.warehouses, now.stock.emptiest_first()
        columns: dict[str, Column[Shelf]] = {
            "": tables.text(22, lambda shelf: "▶" if shelf.sku == state.sku else ""),
            _("Product"): tables.press(198, lambda shelf: shelf.name, "stock-button", rows, show),
            _("Threshold"): tables.amount(62, lambda shelf: shelf.threshold),
            **{place: shelf_column(i) for i, place in enumerate(places)},
            _("Stock level"): tables.bar(96, lambda shelf: round(shelf.filled), 100, "%d%%"),
            _("Runs out in"): tables.text(
                58,
                lambda shelf: minutes(shelf.minutes_left(now.at)),
                _(
                    "All warehouses combined, at the sales rate of "
                    "the last ten minutes, without replenishment"
                ),
            ),
            _("SKU"): tables.text(96, lambda shelf: shelf.sku),
        }
        style = tables.tinted(list(places), _("Threshold"))
        tables.table(rows, columns, "stock", lines=LINES, picked=show, style=style, alt=title)


def alerts(unseen: list[AlertSeen]) -> None:
    """Draw what nobody has acknowledged."""
    counts = {kind: sum(alert.type == kind for alert in unseen) for kind in look.ALERT}
    legend = "".join(
        marks.dot(f"{look.name(kind)} {count}", look.ALERT[kind]) for kind, count in counts.items()
    )
    title = _("Alerts")
    with look.card("alerts", title, legend, size="even"):
        if not unseen:
            with st.container(height=tables.HEAD + tables.ROW * LINES, border=False):
                look.empty(
                    "done_all",
                    _("No unseen alerts"),
                    _(
                        "Alerts are raised when stock reaches its "
                        "threshold, runs out or is replenished."
                    ),
                )
            return
        where = marks.zone()
        columns: dict[str, Column[AlertSeen]] = {
            _("Time"): tables.text(66, lambda alert: marks.clock(alert.at, where=where)),
            _("State"): tables.chips(64, lambda alert: alert.type, look.ALERT),
            _("Product"): tables.text(176, lambda alert: alert.product),
            _("Where"): tables.text(56, lambda alert: alert.warehouse),
            _("Left"): tables.amount(40, lambda alert: alert.left),
            _("Mark seen"): tables.press(
                70,
                tables.icon("check"),
                "seen-button",
                unseen,
                lambda alert: feed().acknowledge(alert.id),
            ),
        }
        tables.table(unseen, columns, "alerts", lines=LINES, alt=title)


def level(now: Snapshot, shelf: Shelf | None) -> None:
    """Draw one product's shelves over time, its threshold as a rule."""
    if shelf is None:
        title = _("Stock over time")
        with look.card("level", title, size="rest"):
            hint = _("Select a product to see its stock over time.")
            look.empty("show_chart", title, hint)
        return
    places = now.stock.warehouses
    left = "".join(
        marks.dot(f"{place} {left}", f"w{i}")
        for i, (place, left) in enumerate(zip(places, shelf.left, strict=True))
    )
    about = f"{shelf.sku} · {marks.number(float(shelf.price), 2)} ₴"
    if (left_for := shelf.minutes_left(now.at)) is not None:
        about += " · " + _("runs out in {time}").format(time=minutes(left_for))
    with look.card("level", shelf.name, f"{about} {left}", size="rest"):
        length = stock.window(shelf, now.at)
        levels = charts.stock_frame(
            list(stock.line(shelf, length, now.at)), places, shelf.threshold
        )
        st.vega_lite_chart(
            levels,
            charts.stock(places, length),
            key=f"level{length}",
            height="stretch",
            alt=_("Stock of {name} by warehouse, with its threshold").format(name=shelf.name),
        )


def draw() -> None:
    """Draw one moment."""
    now = frame.moment()
    unseen = [alert for alert in now.alerts if alert.id not in now.acknowledged]
    empty, products = now.stock.empty_shelves, len(now.stock.shelves)
    words = (
        ngettext("{count} product", "{count} products", products).format(count=products),
        _("empty shelves: {count}").format(count=empty),
        _("unseen alerts: {count}").format(count=marks.number(len(unseen))),
    )
    live_line(" · ".join(words))
    left, right = st.columns([7, 5], gap="xsmall")
    with left:
        shelves(now)
    with right:
        alerts(unseen)
    level(now, chosen(now.stock))


def chosen(now: Stock) -> Shelf | None:
    """Return the product to show: the one clicked, or at first one that something happened to."""
    shelf = next((shelf for shelf in now.shelves if shelf.sku == state.sku), None)
    if shelf is None and now.shelves:
        shelf = max(now.emptiest_first()[:LINES], key=lambda shelf: len(shelf.history))
        state.sku = shelf.sku
    return shelf


state.setdefault("sku", "")
live_line = frame.header(_("Inventory"))
frame.live("inventory", draw)
