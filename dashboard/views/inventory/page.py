"""Inventory: stock by warehouse, forecasts and alerts."""

from __future__ import annotations

import math

import streamlit as st

from dashboard.dependencies import feed
from dashboard.i18n.translate import _, ngettext
from dashboard.state.inventory import Inventory, ProductStock
from dashboard.state.live_state import Snapshot
from dashboard.state.stock_alerts import AlertRecord
from dashboard.tab_session import tab
from dashboard.ui import formatting, page_frame, tables, theme
from dashboard.ui.tables import Column
from dashboard.views.inventory import stock_chart

TABLE_ROWS = 14  # of 28 px, so that the chart below has its room at 1440x900
NO_FORECAST = "–"


def format_minutes(value: float | None) -> str:
    """Format the time until the stock runs out."""
    return NO_FORECAST if value is None else formatting.format_duration(60 * value)


def minutes_left(product: ProductStock, now: float) -> float:
    """Return the minutes until the stock runs out; infinite if unknown."""
    minutes = product.minutes_until_empty(now)
    return math.inf if minutes is None else minutes


def select_product(product: ProductStock) -> None:
    """Select a product."""
    tab().inventory.selected_sku = product.sku


def warehouse_column(warehouse: int) -> Column[ProductStock]:
    """Return the column with the stock of one warehouse."""
    return tables.sortable(
        tables.number_column(
            52,
            lambda shelf: shelf.quantities[warehouse],
            tone=lambda shelf: tables.low_stock_tone(shelf.quantities[warehouse], shelf.threshold),
        ),
        f"warehouse-{warehouse + 1}",
        lambda shelf: shelf.quantities[warehouse],
    )


def draw_stock(now: Snapshot) -> None:
    """Draw the stock of every product, lowest first; selecting one shows its chart."""
    legend = formatting.dot_html(_("at or below threshold"), "warn") + formatting.dot_html(
        _("out of stock"), "bad"
    )
    if now.stock.error and now.stock.at:
        silent = _("no data from the simulator since {at}: {why}")
        text = silent.format(at=formatting.format_time(now.stock.at), why=_(now.stock.error))
        legend = formatting.dot_html(text, "bad")
    title = _("Stock by warehouse")
    with theme.card("stock", title, legend, size="even"):
        if not now.stock.products:
            with st.container(height=tables.HEADER_PX + tables.ROW_PX * TABLE_ROWS, border=False):
                if now.stock.error:
                    hint = _(
                        "Stock data comes from the simulator: {why}. Start it with `python "
                        "-m simulator`; `WORKBENCH_SIMULATOR_URL` sets its address."
                    )
                    why = _(now.stock.error)
                    theme.draw_empty_state(
                        "warehouse", _("Stock unavailable"), hint.format(why=why)
                    )
                else:
                    theme.draw_empty_state("warehouse", _("Loading stock from the simulator…"), "")
            return
        places, rows = now.stock.warehouses, now.stock.lowest_first()
        columns: dict[str, Column[ProductStock]] = {
            _("Product"): tables.sortable(
                tables.text_column(170, lambda shelf: shelf.name, grows=True),
                "product",
                lambda shelf: shelf.name.casefold(),
            ),
            _("Threshold"): tables.sortable(
                tables.number_column(76, lambda shelf: shelf.threshold),
                "threshold",
                lambda shelf: shelf.threshold,
                largest_first=True,
            ),
            **{place: warehouse_column(i) for i, place in enumerate(places)},
            _("Stock level"): tables.sortable(
                tables.progress_column(
                    96,
                    lambda shelf: shelf.fill_percent,
                    100,
                    lambda shelf: f"{shelf.fill_percent:.0f}%",
                ),
                "level",
                lambda shelf: shelf.fill_percent,
            ),
            _("Runs out in"): tables.sortable(
                tables.text_column(
                    84,
                    lambda shelf: format_minutes(shelf.minutes_until_empty(now.at)),
                    _(
                        "All warehouses combined, at the sales rate of "
                        "the last ten minutes, without replenishment"
                    ),
                ),
                "runs-out",
                lambda shelf: minutes_left(shelf, now.at),
            ),
            _("SKU"): tables.sortable(
                tables.text_column(112, lambda shelf: shelf.sku), "sku", lambda shelf: shelf.sku
            ),
        }
        tables.draw_table(
            rows,
            columns,
            "stock",
            row_id=lambda shelf: shelf.sku,
            selected=tab().inventory.selected_sku,
            on_select=select_product,
            visible_rows=TABLE_ROWS,
            sort=tables.Sort("inventory"),
            alt=title,
        )


def draw_alerts(unseen: list[AlertRecord]) -> None:
    """Draw the alerts that were not marked as seen."""
    counts = {kind: sum(alert.type == kind for alert in unseen) for kind in theme.ALERT_TONES}
    legend = "".join(
        formatting.dot_html(f"{theme.display_name(kind)} {count}", theme.ALERT_TONES[kind])
        for kind, count in counts.items()
    )
    title = _("Alerts")
    with theme.card("alerts", title, legend, size="even"):
        if not unseen:
            with st.container(height=tables.HEADER_PX + tables.ROW_PX * TABLE_ROWS, border=False):
                theme.draw_empty_state(
                    "done_all",
                    _("No unseen alerts"),
                    _(
                        "Alerts are raised when stock reaches its "
                        "threshold, runs out or is replenished."
                    ),
                )
            return
        where = formatting.viewer_timezone()
        columns: dict[str, Column[AlertRecord]] = {
            _("Time"): tables.text_column(
                66, lambda alert: formatting.format_time(alert.at, timezone=where)
            ),
            _("State"): tables.chips_column(76, lambda alert: alert.type, theme.ALERT_TONES),
            _("Product"): tables.text_column(160, lambda alert: alert.product, grows=True),
            _("Where"): tables.text_column(56, lambda alert: alert.warehouse),
            _("Left"): tables.number_column(44, lambda alert: alert.quantity),
            _("Mark seen"): tables.button_column(
                80,
                lambda alert: _("Mark seen: {product}, {warehouse}").format(
                    product=alert.product, warehouse=alert.warehouse
                ),
                lambda alert: feed().acknowledge_alert(alert.id),
                icon="check",
            ),
        }
        tables.draw_table(
            unseen,
            columns,
            "alerts",
            row_id=lambda alert: str(alert.id),
            visible_rows=TABLE_ROWS,
            alt=title,
        )


def draw_stock_chart(now: Snapshot, product: ProductStock | None) -> None:
    """Draw the stock of one product over time, with its threshold."""
    if product is None:
        title = _("Stock over time")
        with theme.card("level", title, size="rest"):
            hint = _("Select a product to see its stock over time.")
            theme.draw_empty_state("show_chart", title, hint)
        return
    places = now.stock.warehouses
    left = "".join(
        formatting.dot_html(f"{place} {left}", f"w{i}")
        for i, (place, left) in enumerate(zip(places, product.quantities, strict=True))
    )
    about = f"{product.sku} · {formatting.format_number(float(product.price), 2)} ₴"
    if (left_for := product.minutes_until_empty(now.at)) is not None:
        about += " · " + _("runs out in {time}").format(time=format_minutes(left_for))
    with theme.card("level", product.name, f"{about} {left}", size="rest"):
        length = stock_chart.chart_window(product, now.at)
        levels = stock_chart.stock_data(
            list(stock_chart.chart_points(product, length, now.at)), places, product.threshold
        )
        st.vega_lite_chart(
            levels,
            stock_chart.stock_spec(places, length),
            key=f"level{length}",
            height="stretch",
            alt=_("Stock of {name} by warehouse, with its threshold").format(name=product.name),
        )


def draw() -> None:
    """Draw a snapshot."""
    now = page_frame.current_snapshot()
    unseen = [alert for alert in now.alerts if alert.id not in now.acknowledged]
    empty, products = now.stock.empty_shelf_count, len(now.stock.products)
    words = (
        ngettext("{count} product", "{count} products", products).format(count=products),
        _("empty shelves: {count}").format(count=empty),
        _("unseen alerts: {count}").format(count=formatting.format_number(len(unseen))),
    )
    live_line(" · ".join(words))
    left, right = st.columns([7, 5], gap="xsmall")
    with left:
        draw_stock(now)
    with right:
        draw_alerts(unseen)
    draw_stock_chart(now, selected_product(now.stock))


def selected_product(now: Inventory) -> ProductStock | None:
    """Return the selected product; by default the one with most changes."""
    page = tab().inventory
    shelf = next((shelf for shelf in now.products if shelf.sku == page.selected_sku), None)
    if shelf is None and now.products:
        shelf = max(now.lowest_first()[:TABLE_ROWS], key=lambda shelf: len(shelf.history))
        page.selected_sku = shelf.sku
    return shelf


live_line = page_frame.header(_("Inventory"))
page_frame.redraw_periodically("inventory", draw)
