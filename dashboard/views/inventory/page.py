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
from dashboard.ui import (
    chart_window,
    charts,
    formatting,
    page_frame,
    scenario_titles,
    shop_strip,
    tables,
    theme,
    url_select,
)
from dashboard.ui.tables import Column
from dashboard.views.inventory import stock_chart
from protocol.simulator_api import SubjectKind

TABLE_ROWS = 14  # of 28 px, so that the chart below has its room at 1440x900
HOLD_ORDER_S = 10.0  # rows that changed their rank with every sale could not be read
NO_FORECAST = "–"
PRODUCT_PARAM = "product"  # of the selected product's SKU, in the URL


def format_minutes(value: float | None) -> str:
    """Format the time until the stock runs out."""
    return NO_FORECAST if value is None else formatting.format_duration(60 * value)


def minutes_left(product: ProductStock, now: float) -> float:
    """Return the minutes until the stock runs out; infinite if unknown."""
    minutes = product.minutes_until_empty(now)
    return math.inf if minutes is None else minutes


def select_product(product: ProductStock) -> None:
    """Select a product."""
    select_sku(product.sku)


def select_sku(sku: str) -> None:
    """Select a product by its SKU."""
    tab().inventory.selected_sku = sku
    url_select.keep_value("inventory", PRODUCT_PARAM, sku)


def scenario_subjects(now: Snapshot, kind: SubjectKind) -> dict[str, str]:
    """Return what the running scenarios act on: titles of scenarios by the subject's id."""
    scenarios = now.shop.scenarios if now.shop else ()
    return {
        subject.id: scenario_titles.scenario_title(scenario.name)
        for scenario in scenarios
        for subject in scenario.subjects
        if subject.kind is kind
    }


def warehouse_column(warehouse: int) -> Column[ProductStock]:
    """Return the column with the stock of one warehouse."""
    return tables.sortable(
        tables.number_column(
            48,
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
        places, subjects = now.stock.warehouses, scenario_subjects(now, SubjectKind.PRODUCT)
        columns: dict[str, Column[ProductStock]] = {
            _("Product"): tables.sortable(
                tables.text_column(132, lambda shelf: shelf.name, grows=True),
                "product",
                lambda shelf: shelf.name.casefold(),
            ),
            **{place: warehouse_column(i) for i, place in enumerate(places)},
            **scenario_column(subjects),
            _("Threshold"): tables.sortable(
                tables.number_column(
                    76,
                    lambda shelf: shelf.threshold,
                    _("Stock of a warehouse is low at or below it"),
                ),
                "threshold",
                lambda shelf: shelf.threshold,
                largest_first=True,
            ),
            _("Stock level"): tables.sortable(
                tables.progress_column(
                    96,
                    lambda shelf: shelf.fill_percent,
                    100,
                    lambda shelf: f"{shelf.fill_percent:.0f}%",
                    _("All warehouses combined, in percent of twice their threshold"),
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
            now.stock.lowest_first(subjects),
            columns,
            "stock",
            row_id=lambda shelf: shelf.sku,
            selected=tab().inventory.selected_sku,
            on_select=select_product,
            visible_rows=TABLE_ROWS,
            sort=tables.Sort("inventory"),
            scope=frozenset(subjects),
            hold_order_s=HOLD_ORDER_S,
            detail="rest-level",
            alt=title,
        )


def scenario_column(subjects: dict[str, str]) -> dict[str, Column[ProductStock]]:
    """Return the column that names the scenario of a product, while there is one."""
    if not subjects:
        return {}
    return {
        # No word: with a column as wide as its title, the table would scroll sideways.
        "": tables.icon_column(
            30,
            lambda product: "science" if product.id in subjects else "",
            lambda product: subjects.get(product.id, ""),
            _("The running scenario that acts on this product"),
        )
    }


def draw_alerts(unseen: list[AlertRecord]) -> None:
    """Draw the alerts that were not marked as seen."""
    counts = {kind: sum(alert.state == kind for alert in unseen) for kind in theme.ALERT_TONES}
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
            _("State"): tables.chips_column(76, lambda alert: alert.state, theme.ALERT_TONES),
            _("Product"): tables.text_column(140, lambda alert: alert.product, grows=True),
            _("Where"): tables.text_column(56, lambda alert: alert.warehouse),
            _("Left"): tables.number_column(44, lambda alert: alert.quantity),
            _("Mark seen"): tables.button_column(
                92,
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
            on_select=lambda alert: select_sku(alert.sku),
            visible_rows=TABLE_ROWS,
            detail="rest-level",
            alt=title,
        )


def draw_stock_chart(now: Snapshot, product: ProductStock | None) -> None:
    """Draw the stock of one product over time, with its threshold."""
    if product is None:
        draw_no_product(now.stock)
        return
    places = now.stock.warehouses
    left = "".join(
        formatting.dot_html(f"{place} {left}", stock_chart.tone(i))
        for i, (place, left) in enumerate(zip(places, product.quantities, strict=True))
    )
    about = f"{product.sku} · {price_text(product, now)}"
    if (left_for := product.minutes_until_empty(now.at)) is not None:
        about += " · " + _("runs out in {time}").format(time=format_minutes(left_for))
    window = chart_window.current("inventory", int(now.at))
    length = window.span.length
    end = window.span.end + 1.0 if window.is_zoomed else now.at
    points = list(stock_chart.chart_points(product, end, length))
    levels = stock_chart.stock_data(points, places, product.threshold, end, formatting.format_time)
    key = f"level-{length}-{window.zoomed_to or 'live'}"
    with theme.card(
        "level",
        product.name,
        f"{about} {left}",
        "rest",
        lambda: chart_window.draw_controls("inventory", window),
    ):
        st.vega_lite_chart(
            charts.with_marks(levels, chart_window.time_marks(now, end, length), end, length),
            stock_chart.stock_spec(places, length, window.zoomed_to),
            key=key,
            height="stretch",
            alt=_("Stock of {name} by warehouse, with its threshold").format(name=product.name),
            on_select=chart_window.zoom_callback("inventory", key, window.span),
            selection_mode=charts.ZOOM,
        )


def price_text(product: ProductStock, now: Snapshot) -> str:
    """Return the price, in a sale with the discount and until when it lasts."""
    price = f"{formatting.format_number(float(product.sale_price), 2)} ₴"
    if not product.discount_percent or now.shop is None:
        return price
    off = _("{price}, {percent} % off").format(price=price, percent=product.discount_percent)
    ends = [
        now.at + shop_strip.seconds_left(scenario, now, now.shop)
        for scenario in now.shop.scenarios
        if any(subject.id == product.id for subject in scenario.subjects)
    ]
    if not ends or not now.shop.running:
        return off
    until = formatting.format_time(max(ends))[:5]
    return _("{price} until {time}").format(price=off, time=until)


def draw_no_product(stock: Inventory) -> None:
    """Draw an empty state while no product is shown."""
    title, sku = _("Stock over time"), tab().inventory.selected_sku
    with theme.card("level", title, size="rest"):
        if sku and stock.products:
            words = _("The shop has no product {sku}. Select one from the list.")
            theme.draw_empty_state(
                "search_off",
                _("Product not found"),
                words.format(sku=formatting.escape_markdown(sku)),
            )
        else:
            hint = _("Select a product to see its stock over time.")
            theme.draw_empty_state("show_chart", title, hint)


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
    draw_stock_chart(now, selected_product(now))


def selected_product(now: Snapshot) -> ProductStock | None:
    """Return the selected product; by default the one of a scenario, or with most changes."""
    if wanted := tab().inventory.selected_sku:
        product = now.stock.find(wanted)
    else:
        subjects = scenario_subjects(now, SubjectKind.PRODUCT)
        listed = now.stock.lowest_first(subjects)[:TABLE_ROWS]
        listed = [product for product in listed if product.id in subjects] or listed
        product = max(listed, key=lambda product: len(product.history), default=None)
    if product:
        select_product(product)
    return product


tab().inventory.selected_sku = url_select.asked_value("inventory", PRODUCT_PARAM)
url_select.keep_value("inventory", PRODUCT_PARAM, tab().inventory.selected_sku)
live_line = page_frame.header(_("Inventory"))
page_frame.redraw_periodically("inventory", draw)
