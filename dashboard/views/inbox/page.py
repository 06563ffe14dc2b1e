"""Inbox: a customer's notifications and cart, and both sides of a support chat."""

from __future__ import annotations

import html

import streamlit as st

from dashboard import personas
from dashboard.dependencies import feed
from dashboard.i18n.translate import _, ngettext
from dashboard.personas import Persona
from dashboard.state.live_state import Snapshot
from dashboard.tab_session import tab
from dashboard.ui import (
    connection_badge,
    formatting,
    page_frame,
    sidebar,
    tables,
    theme,
    url_select,
)
from dashboard.ui.tables import Column
from dashboard.views.inbox import chat_panes
from dashboard.views.inbox.chat_panes import CUSTOMER_PARAM
from dashboard.views.inbox.conversations import ChatConversation, active_since, choose_shown
from dashboard.views.inbox.notifications import CartChange, InboxNotification, InboxSnapshot
from dashboard.views.inbox.participant import ChatParticipant, chat_participant
from dashboard.views.inbox.safe_links import is_internal, order_id_in
from protocol.channels import is_valid_key
from protocol.event_payloads import CustomerRef

MAX_NOTIFICATIONS = 20  # notifications; older ones are counted
CUSTOMER_SELECT = "inbox-customer"
MAX_CUSTOMERS = 100  # of the active customers, and of those who ordered, to choose from
CART_TONES = {
    "item_added": "ok",
    "item_removed": "bad",
    "quantity_changed": "muted",
    "cleared": "muted",
}


def current_customer() -> Persona:
    """Return the customer: selected here, or the sidebar's persona."""
    chosen = sidebar.current_persona()
    if customer := tab().inbox.customer:
        return Persona(customer.id, name=customer.name)
    is_one = chosen.role == "customer" and not chosen.is_anonymous
    return chosen if is_one else sidebar.persona("customer")


def current_staff() -> Persona:
    """Return the staff persona: the sidebar's if it is staff, else the agent."""
    chosen = sidebar.current_persona()
    return chosen if chosen.is_staff else sidebar.persona("agent")


def draw_customer_select(persona: Persona) -> None:
    """Draw the choice of a recently active customer; the shown one is its placeholder.

    The choice is no state of the widget: the browser would send it again with the next redraw, and
    undo a click on a conversation of another customer.
    """
    about = tab().inbox.recent_customers
    st.selectbox(
        _("Customer"),
        list(about),
        index=None,
        key=CUSTOMER_SELECT,
        placeholder=f"{persona.name} · {persona.user_id}",
        format_func=lambda id: f"{about[id].name} · {id}",
        on_change=choose_customer,
        label_visibility="collapsed",
    )


def choose_customer() -> None:
    """Show the customer that was chosen, and clear the choice."""
    chosen = tab().inbox.recent_customers.get(st.session_state[CUSTOMER_SELECT])
    st.session_state[CUSTOMER_SELECT] = None
    if chosen:
        chat_panes.show_customer(chosen)


def recent_customers(now: Snapshot) -> dict[str, CustomerRef]:
    """Return the customers with recent activity or orders, by id."""
    ordered = (
        CustomerRef(order.customer_id, order.customer) for order in now.orders[:MAX_CUSTOMERS]
    )
    return {customer.id: customer for customer in (*now.customers[:MAX_CUSTOMERS], *ordered)}


def find_customer(id: str, now: Snapshot) -> CustomerRef:
    """Return the customer with this id, with the name if it is known."""
    ours = (sidebar.persona(key) for key, one in personas.PERSONAS.items() if not one.tenant)
    connected = now.shop.customers if now.shop else ()
    people = [
        *now.customers,
        *(CustomerRef(customer.id, customer.name) for customer in connected),
        *(CustomerRef(order.customer_id, order.customer) for order in now.orders),
        *(CustomerRef(persona.user_id, persona.name) for persona in ours),
    ]
    return next((customer for customer in people if customer.id == id), CustomerRef(id, id))


def is_unknown(persona: Persona, mail: InboxSnapshot, own: list[ChatConversation]) -> bool:
    """Return whether nothing is known of a customer but the id in the link.

    Notifications tell nothing: announcements are for everyone.
    """
    return persona.name == persona.user_id and not mail.cart_changes and not own


def draw_notifications(inbox: InboxSnapshot) -> None:
    """Draw the notifications; toasts announce new ones."""
    unread = inbox.notifications_since(tab().inbox.read_until)
    aside = ngettext("{count} unread", "{count} unread", len(unread)).format(count=len(unread))
    with theme.card("notifications", _("Notifications"), aside, size="even"):
        if not inbox.notifications:
            return theme.draw_empty_state(
                "notifications_off",
                _("No notifications yet"),
                _("Every order update sends a notification. Place an order on the Scenarios page."),
            )
        if unread:
            st.button(
                _("Mark all as read"), icon=":material/done_all:", key="read", type="tertiary",
                on_click=mark_read, args=(inbox.notifications[0].at,),
            )  # fmt: skip
        for note in inbox.notifications[:MAX_NOTIFICATIONS]:
            draw_notification(note, is_unread=note in unread)
        if len(inbox.notifications) > MAX_NOTIFICATIONS:
            older = len(inbox.notifications) - MAX_NOTIFICATIONS
            st.caption(ngettext("{count} older", "{count} older", older).format(count=older))


def mark_read(at: float) -> None:
    """Mark notifications up to a time as read."""
    tab().inbox.read_until = at


def draw_notification(notification: InboxNotification, is_unread: bool) -> None:
    """Draw one notification; its link is followed within this site only."""
    tone = "accent" if is_unread else "none"
    title = f'<i class="dot {tone}"></i> <b>{html.escape(notification.title)}</b>'
    at = f'<span class="quiet">{formatting.format_time(notification.at)}</span>'
    body = f'<div class="quiet">{html.escape(notification.body)}</div>'
    head = formatting.split_row_html(title, at)
    st.html(f'<div class="note {notification.priority}">{head}{body}</div>')
    order = order_id_in(notification.action_url)
    if order:
        st.page_link("views/orders/page.py", label=_("View order"), query_params={"order": order})
    elif notification.action_url and not is_internal(notification.action_url):
        st.caption(_("External link (not opened)."))


def draw_cart(inbox: InboxSnapshot) -> None:
    """Draw the changes of the cart."""
    where = formatting.viewer_timezone()
    columns: dict[str, Column[CartChange]] = {
        _("Time"): tables.text_column(
            62, lambda change: formatting.format_time(change.at, timezone=where)
        ),
        _("Change"): tables.chips_column(76, lambda change: change.action, CART_TONES),
        _("Product"): tables.text_column(112, _product_text, grows=True),
        _("Total, ₴"): tables.right_aligned_column(
            74, lambda change: formatting.format_number(float(change.total), 2)
        ),
    }
    aside = _("empty")
    if inbox.cart_changes and inbox.cart_changes[0].item_count:
        newest = inbox.cart_changes[0]
        things = ngettext("{count} product", "{count} products", newest.item_count)
        total = formatting.format_number(float(newest.total), 2)
        aside = f"{things.format(count=newest.item_count)} · {total} ₴"
    with theme.card("cart", _("Cart"), aside, size="even"):
        if not inbox.cart_changes:
            return theme.draw_empty_state(
                "shopping_cart",
                _("The cart is empty"),
                _("It updates as the simulated customer shops."),
            )
        tables.draw_table(
            inbox.cart_changes,
            columns,
            "cart",
            row_id=lambda change: f"{change.at} {change.action} {change.product}",
            alt=_("Cart changes"),
        )


def _product_text(change: CartChange) -> str:
    several = f" × {change.quantity}" if change.quantity and change.quantity > 1 else ""
    return change.product + several


def draw_toast(inbox: InboxSnapshot) -> None:
    """Show new notifications as one toast: two at once would hide each other."""
    fresh = inbox.notifications_since(tab().inbox.toasted_until)
    if not fresh:
        return
    tab().inbox.toasted_until = fresh[0].at
    if len(fresh) == 1:
        title, body = map(formatting.escape_markdown, (fresh[0].title, fresh[0].body))
        words = f"**{title}**  \n{body}"
    else:
        titles = ", ".join(dict.fromkeys(note.title for note in fresh))
        many = ngettext("{count} new notification", "{count} new notifications", len(fresh))
        words = f"**{many.format(count=len(fresh))}**  \n{formatting.escape_markdown(titles)}"
    st.toast(words, icon=":material/notifications:")


def draw() -> None:
    """Draw a snapshot."""
    customer, agent = current_customer(), current_staff()
    customer_side, staff_side = chat_participant(customer), chat_participant(agent)
    live_line(sockets_text((customer, customer_side), (agent, staff_side)))
    now = page_frame.current_snapshot()
    # The connections of the tab outlive a reset, and have received what was before it.
    mail = customer_side.inbox_snapshot().up_to(now.at).since(now.reset_at or 0.0)
    inbox = tab().inbox
    if inbox.shown_customer_id != customer.user_id:
        # Earlier notifications are neither new nor unread.
        inbox.shown_customer_id = customer.user_id
        inbox.read_until = inbox.toasted_until = (
            mail.notifications[0].at if mail.notifications else feed().now()
        )
    draw_toast(mail)
    if inbox.error:
        st.toast(formatting.escape_markdown(inbox.error), icon=":material/error:")
        inbox.error = ""
    # The server keeps the conversations from before a reset of the shop; they are not shown.
    conversations = active_since(staff_side.conversations(), now.reset_at or 0.0)
    own = [
        one
        for one in active_since(customer_side.conversations(), now.reset_at or 0.0)
        if one.customer and one.customer.id == customer.user_id
    ]
    left, middle, right = st.columns(3, gap="xsmall")
    with (
        left,
        st.container(key="stack-inbox", height=theme.HEIGHTS["pane"], border=False, gap="xsmall"),
    ):
        draw_customer_select(customer)
        if is_unknown(customer, mail, own):
            words = _("No customer {id} was seen: the link may be from an earlier run of the shop.")
            st.caption(words.format(id=formatting.escape_markdown(customer.user_id)))
        draw_notifications(mail)
        draw_cart(mail)
    inbox.conversation_id = choose_shown(inbox.conversation_id, own)
    with middle:
        shown = next((one for one in own if one.id == inbox.conversation_id), None)
        chat_panes.draw_customer_pane(
            customer, customer_side, customer_side.load_history(shown) if shown else None
        )
    with right:
        shown = next((one for one in conversations if one.id == inbox.conversation_id), None)
        chat_panes.draw_staff_pane(
            agent,
            staff_side,
            staff_side.load_history(shown) if shown else None,
            conversations,
            feed().snapshot(),  # the chat is not paused
            next(iter(mail.cart_changes), None),
        )


def sockets_text(*participants: tuple[Persona, ChatParticipant]) -> str:
    """Return the status of this tab's two sockets."""
    texts = []
    for persona, participant in participants:
        link = participant.socket.status()
        state = (
            connection_badge.title(link)
            if link.round_trip_ms is None
            else formatting.format_round_trip(link.round_trip_ms / 1000)
        )
        texts.append(f"{persona.name}: {state}")
    return _("two connections of this tab") + " · " + " · ".join(texts)


tab().inbox.opened_at = tab().inbox.opened_at or feed().now()
now = feed().snapshot()
tab().inbox.recent_customers = recent_customers(now)
customer_id = url_select.asked_value("inbox", CUSTOMER_PARAM)
if is_valid_key(customer_id):
    tab().inbox.customer = find_customer(customer_id, now)
    url_select.keep_value("inbox", CUSTOMER_PARAM, customer_id)
elif customer_id:
    tab().inbox.error = _("Not a user id: {id}").format(id=customer_id)
live_line = page_frame.header(_("Inbox"))
page_frame.redraw_periodically("inbox", draw)
