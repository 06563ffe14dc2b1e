"""The customer's and the shop's pane of one order."""

from __future__ import annotations

import html

import streamlit as st

from dashboard import commands, look, marks, tables
from dashboard.following import Following
from dashboard.order_news import News
from dashboard.orderbook import OrderSeen
from dashboard.state import Snapshot
from dashboard.tables import Column
from dashboard.tracker import stages
from dashboard.words import N_, _
from protocol.events import OrderStatus

UPDATES = 6  # lines; an uneventful order has five updates
GOODS = 3  # lines of an order's goods: with more, the total would be below the pane's edge
HEARD = 2  # of the last messages of the customer's socket
STEPS = {  # statuses as shown to customers
    OrderStatus.PENDING: N_("Placed"),
    OrderStatus.PAID: N_("Paid"),
    OrderStatus.PAYMENT_FAILED: N_("Not paid"),
    OrderStatus.PROCESSING: N_("Being packed"),
    OrderStatus.SHIPPED: N_("On its way"),
    OrderStatus.DELIVERED: N_("Delivered"),
    OrderStatus.CANCELLED: N_("Cancelled"),
    OrderStatus.REFUNDED: N_("Refunded"),
}


def customer(
    order: OrderSeen, told: OrderSeen | None, following: Following, at: float, height: int
) -> None:
    """Draw the order as the shop's site would, from the messages on its owner's socket.

    Until that has heard anything, what the shop knows stands in, and the head says so.
    """
    link = following.customer.link()
    aside = marks.dot(link.title(), marks.PHASE[link.phase])
    if link.is_live and told is None:
        aside = marks.dot(_("subscribed, no updates yet"), "muted")
    title = _("{name} sees").format(name=order.customer)
    now = told or order
    with (
        look.card("customer", title, aside, size="even"),
        st.container(height=height, border=False, gap="xsmall"),
    ):
        number = html.escape(_("Order {number}").format(number=order.number))
        status = marks.chip(_(STEPS[now.status]), look.STATUS[now.status])
        st.html(marks.pair(f"<b>{number}</b>", status, "large"))
        st.html(tracker(order, now))
        st.html(f'<div class="list">{goods(order, now)}</div>')
        st.space("stretch")
        heard = following.heard_by_customer(at)[-HEARD:]
        frames = (
            marks.pair(
                f'<span class="mono">{html.escape(str(message.get("type")))}</span>',
                f'<span class="quiet">{marks.clock(arrived, millis=True)}</span>',
            )
            for arrived, message in reversed(heard)
        )
        st.html(f'<div class="list tight">{"".join(frames)}</div>')


def tracker(order: OrderSeen, now: OrderSeen) -> str:
    """Return the progress steps; times from before the customer's socket come from the feed."""
    when = {step.status: step.at for seen in (order, now) for step in seen.history}
    return marks.tracker(
        (_(STEPS[stage.status]), "" if stage.at is None else marks.clock(stage.at), stage.mark)
        for stage in stages(now.status, when)
    )


def goods(order: OrderSeen, now: OrderSeen) -> str:
    """Return parcel, items and total as HTML."""
    items = [
        marks.pair(
            f"{html.escape(item.name)} × {item.quantity}",
            f"{marks.number(float(item.price * item.quantity), 2)} ₴",
        )
        for item in order.items
    ]
    if len(items) > GOODS:
        rest = items[GOODS - 1 :]
        more = _("and {count} more").format(count=len(rest))
        items[GOODS - 1 :] = [marks.folded(more, "".join(rest))]
    total, all_of_it = f"<b>{marks.number(float(order.total), 2)} ₴</b>", _("Total")
    parcel = marks.pair(_("Nova Poshta"), tracking(now))
    return parcel + "".join(items) + marks.pair(f"<b>{all_of_it}</b>", total)


def tracking(order: OrderSeen) -> str:
    """Link to where a parcel can be followed, or say when that will be."""
    if not order.tracking_number:
        later = _("after shipping")
        return f'<span class="quiet">{later}</span>'
    number = f'<span class="mono">{html.escape(order.tracking_number)}</span>'
    if order.tracking_url.startswith("https://"):
        address = html.escape(order.tracking_url)
        number = f'<a target="_blank" rel="noreferrer" href="{address}">{number}</a>'
    return f'<span class="quiet">{html.escape(order.tracking_status)}</span>{number}'


def shop(order: OrderSeen, told: list[News], now: Snapshot, height: int) -> None:
    """Draw the order's updates with their delivery delays."""
    apart = next((one.apart_ms for one in told if one.apart_ms is not None), None)
    aside = _("waiting for the next update")
    if apart is not None:
        aside = _("last update: {ms} ms apart").format(ms=milliseconds(abs(apart)))
    with (
        look.card("shop", _("The shop sees"), html.escape(aside), size="even"),
        st.container(height=height, border=False, gap="xsmall"),
    ):
        status = marks.chip(look.name(order.status), look.STATUS[order.status])
        since = _("for {time}").format(time=marks.span(max(0.0, now.at - order.changed_at)))
        st.html(marks.pair(marks.chip(f"order:{order.id}", "order"), f"{since} {status}"))
        updates(told)
        st.space("stretch")
        advance(order, now)


def updates(told: list[News]) -> None:
    """Draw the updates with their delays in milliseconds."""
    if not told:
        with st.container(height=tables.HEAD + tables.ROW * UPDATES, border=False):
            return look.empty(
                "timer",
                _("No updates on this channel yet"),
                _("The next update appears here, with its delay to the customer and to the shop."),
            )
    where = marks.zone()
    columns: dict[str, Column[News]] = {
        _("Sent"): tables.text(62, lambda one: marks.clock(one.stamped_at, where=where)),
        _("Status"): tables.chips(80, lambda one: one.status, look.STATUS),
        _("Customer"): tables.figure(
            62,
            lambda one: milliseconds(one.customer_ms),
            _("Milliseconds from the server's timestamp to arrival at the customer"),
        ),
        _("Shop"): tables.figure(
            54,
            lambda one: milliseconds(one.shop_ms),
            _("Milliseconds from the server's timestamp to arrival at the shop"),
        ),
        _("Δ, ms"): tables.figure(
            50,
            lambda one: milliseconds(one.apart_ms),
            _("Milliseconds between arrival at the customer and the shop; negative: shop first"),
        ),
    }
    tables.table(told, columns, "deliveries", lines=UPDATES, alt=_("Order updates"))


def milliseconds(value: float | None) -> str:
    """Write a delay, or nothing."""
    return "" if value is None else marks.number(value, 1)


def advance(order: OrderSeen, now: Snapshot) -> None:
    """Draw the button that advances the order, if the simulator is running."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Advance order"),
            icon=":material/skip_next:",
            key="advance",
            disabled=now.shop is None or bool(now.stock.trouble) or not order.is_open,
            on_click=commands.tell,
            args=("advance_order",),
            kwargs={"order": order.id},
            help=_("Advances this order now instead of at its scheduled time"),
        )
        outcome = commands.outcome()
        if outcome and outcome.command == "advance_order" and outcome.why:
            st.caption(marks.plain(outcome.why))
