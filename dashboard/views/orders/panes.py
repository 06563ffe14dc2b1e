"""The customer's and the shop's pane of one order."""

from __future__ import annotations

import html
from collections.abc import Iterable

import streamlit as st

from common.text_markers import N_
from dashboard.i18n.translate import _, ngettext
from dashboard.state.live_state import Snapshot
from dashboard.state.orders import TrackedOrder
from dashboard.tab_session import CommandResult, tab
from dashboard.ui import connection_badge, formatting, simulator_commands, tables, theme
from dashboard.ui.tables import Column
from dashboard.views.orders.delivery_times import UpdateDelivery
from dashboard.views.orders.order_sockets import OrderSockets
from dashboard.views.orders.progress_steps import progress_steps
from protocol.event_payloads import OrderStatus
from protocol.simulator_api import AdvanceOrder

UPDATE_ROWS = 5  # lines; an uneventful order has as many updates
ORDER_TABLES = LATEST, OPEN = "latest", "open"  # keys of the tables whose rows are orders
ITEM_ROWS = 3  # with more, the total would be below the pane's edge
ERROR_SHOWN_S = 10
RECENT_MESSAGES = 2  # the last messages of the customer's socket that are listed
STATUS_LABELS = {  # statuses as shown to customers
    OrderStatus.PENDING: N_("Placed"),
    OrderStatus.PAID: N_("Paid"),
    OrderStatus.PAYMENT_FAILED: N_("Not paid"),
    OrderStatus.PROCESSING: N_("Being packed"),
    OrderStatus.SHIPPED: N_("On its way"),
    OrderStatus.DELIVERED: N_("Delivered"),
    OrderStatus.CANCELLED: N_("Cancelled"),
    OrderStatus.REFUNDED: N_("Refunded"),
}

FINAL_TEXTS = {  # beside the button that advances an order
    OrderStatus.DELIVERED: N_("The order was delivered: no step is left."),
    OrderStatus.CANCELLED: N_("The order was cancelled: no step is left."),
    OrderStatus.REFUNDED: N_("The order was refunded: no step is left."),
}


def draw_customer_pane(
    order: TrackedOrder,
    received_order: TrackedOrder | None,
    sockets: OrderSockets,
    now: float,
    height: int,
) -> None:
    """Draw the order as the shop's site would, from the messages on the customer's socket.

    Until the first message arrives, it shows the feed's data, and its header says so.
    """
    link = sockets.customer_socket.status()
    aside = connection_badge.badge_html(link)
    if link.is_live and received_order is None:
        aside = formatting.dot_html(_("no updates yet"), "muted")
    title = _("{name} sees").format(name=order.customer)
    shown = received_order or order
    with (
        theme.card("customer", title, aside, size="even"),
        st.container(height=height, border=False, gap="xsmall"),
    ):
        number = html.escape(_("Order {number}").format(number=order.number))
        status = formatting.chip_html(
            _(STATUS_LABELS[shown.status]), theme.STATUS_TONES[shown.status]
        )
        st.html(formatting.split_row_html(f"<b>{number}</b>", status, "large"))
        st.html(progress_html(order, shown))
        st.html(f'<div class="list">{items_html(order, shown)}</div>')
        st.space("stretch")
        recent = sockets.customer_messages(now)[-RECENT_MESSAGES:]
        frames = (
            formatting.split_row_html(
                f'<span class="mono">{html.escape(str(message.get("type")))}</span>',
                f'<span class="quiet">{formatting.format_time(arrived, millis=True)}</span>',
            )
            for arrived, message in reversed(recent)
        )
        st.html(f'<div class="list tight">{"".join(frames)}</div>')


def progress_html(order: TrackedOrder, shown: TrackedOrder) -> str:
    """Return the progress steps; times from before the customer's socket come from the feed."""
    reached_at = {step.status: step.at for source in (order, shown) for step in source.history}
    return progress_steps_html(
        (
            _(STATUS_LABELS[stage.status]),
            "" if stage.at is None else formatting.format_time(stage.at),
            stage.state,
        )
        for stage in progress_steps(shown.status, reached_at)
    )


def progress_steps_html(steps: Iterable[tuple[str, str, str]]) -> str:
    """Return the steps on a line: name, time (empty: unknown), and the ``StepState``."""
    marks = ""
    for name, when, mark in steps:
        at = html.escape(when) or "&nbsp;"
        marks += f'<div class="{mark}">{html.escape(name)}<small>{at}</small></div>'
    return f'<div class="track">{marks}</div>'


def items_html(order: TrackedOrder, shown: TrackedOrder) -> str:
    """Return delivery, items and total as HTML."""
    items = [
        formatting.split_row_html(
            # On one line, whatever the name is: the pane is as high as its lines.
            f'<span class="cut" title="{html.escape(item.name)}">{html.escape(item.name)}</span>'
            f"<span> × {item.quantity}</span>",
            f"{formatting.format_number(float(item.price * item.quantity), 2)} ₴",
        )
        for item in order.items
    ]
    if len(items) > ITEM_ROWS:
        rest = items[ITEM_ROWS - 1 :]
        more = ngettext("and {count} more", "and {count} more", len(rest)).format(count=len(rest))
        items[ITEM_ROWS - 1 :] = [formatting.details_html(more, "".join(rest))]
    total, all_of_it = f"<b>{formatting.format_number(float(order.total), 2)} ₴</b>", _("Total")
    parcel = formatting.split_row_html(_("Nova Poshta"), tracking_html(shown))
    return parcel + "".join(items) + formatting.split_row_html(f"<b>{all_of_it}</b>", total)


def tracking_html(order: TrackedOrder) -> str:
    """Return the tracking number as a link, or when there will be one."""
    if not order.tracking_number:
        later = _("after shipping")
        return f'<span class="quiet">{later}</span>'
    number = f'<span class="mono">{html.escape(order.tracking_number)}</span>'
    if order.tracking_url.startswith("https://"):
        address = html.escape(order.tracking_url)
        number = f'<a target="_blank" rel="noreferrer" href="{address}">{number}</a>'
    return f'<span class="quiet">{html.escape(order.tracking_status)}</span>{number}'


def draw_shop_pane(
    order: TrackedOrder, deliveries: list[UpdateDelivery], now: Snapshot, height: int
) -> None:
    """Draw the order's updates with their delivery delays."""
    apart = next((one.difference_ms for one in deliveries if one.difference_ms is not None), None)
    aside = _("waiting for the next update")
    if apart is not None:
        aside = _("last update: {ms} ms apart").format(ms=format_ms(abs(apart)))
    with (
        theme.card("shop", _("The shop sees"), html.escape(aside), size="even"),
        st.container(height=height, border=False, gap="xsmall"),
    ):
        status = formatting.chip_html(
            theme.display_name(order.status), theme.STATUS_TONES[order.status]
        )
        since = _("for {time}").format(
            time=formatting.format_duration(max(0.0, now.at - order.changed_at))
        )
        st.html(
            formatting.split_row_html(
                formatting.chip_html(f"order:{order.id}", "order"), f"{since} {status}"
            )
        )
        draw_updates(deliveries)
        st.space("stretch")
        draw_advance_button(order, now)


def draw_updates(deliveries: list[UpdateDelivery]) -> None:
    """Draw the updates with their delays in milliseconds."""
    if not deliveries:
        with st.container(height=tables.HEADER_PX + tables.ROW_PX * UPDATE_ROWS, border=False):
            return theme.draw_empty_state(
                "timer",
                _("No updates on this channel yet"),
                _("The next update appears here, with its delay to the customer and to the shop."),
            )
    where = formatting.viewer_timezone()
    columns: dict[str, Column[UpdateDelivery]] = {
        _("Time"): tables.text_column(
            60,
            lambda one: formatting.format_time(one.sent_at, timezone=where),
            _("When the server sent the update"),
        ),
        _("Status"): tables.chips_column(80, lambda one: one.status, theme.STATUS_TONES),
        (customer := _("Customer, ms")): tables.right_aligned_column(
            _width_of(customer),
            lambda one: format_ms(one.customer_delay_ms),
            _("Milliseconds from the server's timestamp to arrival at the customer"),
        ),
        (shop := _("Shop, ms")): tables.right_aligned_column(
            _width_of(shop),
            lambda one: format_ms(one.shop_delay_ms),
            _("Milliseconds from the server's timestamp to arrival at the shop"),
        ),
        (difference := _("Difference, ms")): tables.right_aligned_column(
            _width_of(difference),
            lambda one: format_ms(one.difference_ms),
            _("Milliseconds between arrival at the customer and the shop; negative: shop first"),
        ),
    }
    tables.draw_table(
        deliveries,
        columns,
        "deliveries",
        row_id=lambda one: f"{one.status} {one.sent_at}",
        visible_rows=UPDATE_ROWS,
        alt=_("Order updates"),
    )


def _width_of(head: str) -> int:
    """Return the width of a column in px that a head needs: the pane has none to spare."""
    return round(14 + 6.5 * len(head))


def format_ms(value: float | None) -> str:
    """Format a delay; empty if unknown."""
    return "" if value is None else formatting.format_number(value, 1)


def is_recent_advance(outcome: CommandResult, now: float) -> bool:
    """Return whether a command advanced an order a moment ago: older errors are of another one."""
    return outcome.command == "advance_order" and outcome.at > now - ERROR_SHOWN_S


def advance_selected() -> None:
    """Advance the selected order; its row may have been clicked just before."""
    for key in ORDER_TABLES:
        tables.finish_acts(key)
    simulator_commands.send_command(AdvanceOrder(order=tab().orders.selected_id))


def draw_advance_button(order: TrackedOrder, now: Snapshot) -> None:
    """Draw the button that advances the order, if the simulator is running."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Advance this order"),
            icon=":material/skip_next:",
            key="advance",
            disabled=now.shop is None or bool(now.stock.error) or not order.is_open,
            on_click=advance_selected,
        )
        outcome = simulator_commands.last_result()
        if order.status in FINAL_TEXTS:
            st.caption(_(FINAL_TEXTS[order.status]))
        elif outcome and outcome.error and is_recent_advance(outcome, now.at):
            st.caption(formatting.escape_markdown(outcome.error))
        else:
            st.caption(_("The order then waits 3 min for the next click."))
