"""Inventory: what is left where, what runs out next, and who has seen it."""

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
    legend = marks.dot(_("at or under threshold"), "warn") + marks.dot(_("none left"), "bad")
    if now.stock.trouble and now.stock.at:
        silent = _("the simulator is silent since {at}: {why}")
        told = silent.format(at=marks.clock(now.stock.at), why=_(now.stock.trouble))
        legend = marks.dot(told, "bad")
    title = _("Stock by warehouse")
    with look.card("stock", title, legend, size="even"):
        if not now.stock.shelves:
            with st.container(height=tables.HEAD + tables.ROW * LINES, border=False):
                if now.stock.trouble:
                    hint = _(
                        "It comes from the simulator: {why}. Start it with `python -m simulator`; "
                        "`WORKBENCH_SIMULATOR_URL` says where it is."
                    )
                    why = _(now.stock.trouble)
                    look.empty("warehouse", _("The stock is not known"), hint.format(why=why))
                else:
                    look.empty("warehouse", _("Asking the simulator for the stock"), "")
            return
        places, rows = now.stock.warehouses, now.stock.emptiest_first()
        columns: dict[str, Column[Shelf]] = {
            "": tables.text(22, lambda shelf: "▶" if shelf.sku == state.sku else ""),
            _("Product"): tables.press(198, lambda shelf: shelf.name, "stock-press", rows, show),
            _("Threshold"): tables.amount(62, lambda shelf: shelf.threshold),
            **{place: shelf_column(i) for i, place in enumerate(places)},
            _("Of 2 × threshold"): tables.bar(96, lambda shelf: round(shelf.filled), 100, "%d%%"),
            _("Empty in"): tables.text(
                58,
                lambda shelf: minutes(shelf.minutes_left(now.at)),
                _(
                    "All warehouses together, at the rate of sale of the last ten minutes, "
                    "without deliveries"
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
                    _("Nothing to acknowledge"),
                    _(
                        "An alert comes when a shelf falls to its threshold, empties or is filled "
                        "again."
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
                "seen-press",
                unseen,
                lambda alert: feed().acknowledge(alert.id),
            ),
        }
        tables.table(unseen, columns, "alerts", lines=LINES, alt=title)


def level(now: Snapshot, shelf: Shelf | None) -> None:
    """Draw one product's shelves over time, its threshold as a rule."""
    if shelf is None:
        title = _("Level over time")
        with look.card("level", title, size="rest"):
            hint = _("The shelves of the product that was clicked show here.")
            look.empty("show_chart", title, hint)
        return
    places = now.stock.warehouses
    left = "".join(
        marks.dot(f"{place} {left}", f"w{i}")
        for i, (place, left) in enumerate(zip(places, shelf.left, strict=True))
    )
    about = f"{shelf.sku} · {marks.number(float(shelf.price), 2)} ₴"
    if (left_for := shelf.minutes_left(now.at)) is not None:
        about += " · " + _("empty in {time}").format(time=minutes(left_for))
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
        _("alerts unseen: {count}").format(count=marks.number(len(unseen))),
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
