"""Inbox: a customer's notifications and cart, and both sides of a support chat."""

from __future__ import annotations

import html

import streamlit as st

from dashboard import chat_panes, frame, look, marks, personas, tables
from dashboard.inbox import CartChange, Mail, Note
from dashboard.party import Party, party
from dashboard.personas import Persona
from dashboard.shared import feed
from dashboard.state import Snapshot
from dashboard.tables import Column
from dashboard.within import is_within, order_of
from dashboard.words import _, ngettext
from protocol.channels import is_key
from protocol.events import Person

SHOWN = 20  # notifications; older ones are counted
OFFERED = 100  # customers to choose from, of those who are about and of those who ordered
CART = {"item_added": "ok", "item_removed": "bad", "quantity_changed": "muted", "cleared": "muted"}
ASKED = "customer"  # of the customer's id, in the URL

state = st.session_state


def customer() -> Persona:
    """Return the customer: selected here, or the sidebar's persona."""
    chosen = personas.chosen()
    if state.customer:
        return Persona(state.customer.id, name=state.customer.name)
    is_one = chosen.role == "customer" and not chosen.is_anonymous
    return chosen if is_one else personas.CUSTOMER


def staff() -> Persona:
    """Return the staff persona: the sidebar's if it is staff, else the agent."""
    chosen = personas.chosen()
    return chosen if chosen.is_staff else personas.AGENT


def whose(me: Persona) -> None:
    """Choose a customer: of those who did something lately."""
    about = {me.user_id: Person(me.user_id, me.name)} | state.about
    st.selectbox(
        _("Customer"),
        list(about),
        index=0,
        key=f"customer-{me.user_id}",
        format_func=lambda id: f"{about[id].name} · {id}",
        on_change=lambda: turn_to(about[state[f"customer-{me.user_id}"]]),
        label_visibility="collapsed",
    )


def known(now: Snapshot) -> dict[str, Person]:
    """Return who did something or ordered something lately, by id."""
    ordered = (Person(order.customer_id, order.customer) for order in now.orders[:OFFERED])
    return {who.id: who for who in (*now.customers[:OFFERED], *ordered)}


def named(id: str, now: Snapshot) -> Person:
    """Return the customer with this id, under their name where it was ever heard."""
    ours = (persona for persona in personas.PERSONAS.values() if not persona.tenant)
    people = [
        *now.customers,
        *(Person(order.customer_id, order.customer) for order in now.orders),
        *(Person(persona.user_id, persona.name) for persona in ours),
    ]
    return next((who for who in people if who.id == id), Person(id, id))


def turn_to(who: Person) -> None:
    """Show another customer's inbox, and their latest conversation."""
    state.customer = who
    st.query_params[ASKED] = who.id
    state[chat_panes.TALK] = None


def notifications(mail: Mail) -> None:
    """Draw the durable list; a toast announces what is new."""
    unread = mail.since(state.read_at)
    aside = ngettext("{count} unread", "{count} unread", len(unread)).format(count=len(unread))
    with look.card("notifications", _("Notifications"), aside, size="even"):
        if not mail.notes:
            return look.empty(
                "notifications_off",
                _("No notifications yet"),
                _("Every order update sends a notification. Place an order on the Scenarios page."),
            )
        if unread:
            st.button(
                _("Mark all as read"), icon=":material/done_all:", key="read", type="tertiary",
                on_click=read, args=(mail.notes[0].at,),
            )  # fmt: skip
        for note in mail.notes[:SHOWN]:
            draw_note(note, is_new=note in unread)
        if len(mail.notes) > SHOWN:
            older = len(mail.notes) - SHOWN
            st.caption(ngettext("{count} older", "{count} older", older).format(count=older))


def read(at: float) -> None:
    """Mark notifications up to a time as read."""
    state.read_at = at


def draw_note(note: Note, is_new: bool) -> None:
    """Draw one notification; what it leads to is followed within this site alone."""
    tone = "accent" if is_new else "none"
    title = f'<i class="dot {tone}"></i> <b>{html.escape(note.title)}</b>'
    at = f'<span class="quiet">{marks.clock(note.at)}</span>'
    body = f'<div class="quiet">{html.escape(note.body)}</div>'
    st.html(f'<div class="note {note.priority}">{marks.pair(title, at)}{body}</div>')
    order = order_of(note.action_url)
    if order:
        st.page_link("views/orders.py", label=_("View order"), query_params={"order": order})
    elif note.action_url and not is_within(note.action_url):
        st.caption(_("External link (not opened)."))


def cart(mail: Mail) -> None:
    """Draw the cart as its changes leave it."""
    where = marks.zone()
    columns: dict[str, Column[CartChange]] = {
        _("Time"): tables.text(62, lambda change: marks.clock(change.at, where=where)),
        _("Change"): tables.chips(76, lambda change: change.action, CART),
        _("Product"): tables.text(112, _product),
        _("Total, ₴"): tables.figure(74, lambda change: marks.number(float(change.total), 2)),
    }
    aside = _("empty")
    if mail.changes and mail.changes[0].count:
        newest = mail.changes[0]
        things = ngettext("{count} product", "{count} products", newest.count)
        aside = f"{things.format(count=newest.count)} · {marks.number(float(newest.total), 2)} ₴"
    with look.card("cart", _("Cart"), aside, size="even"):
        if not mail.changes:
            return look.empty(
                "shopping_cart",
                _("The cart is empty"),
                _("It updates as the simulated customer shops."),
            )
        tables.table(mail.changes, columns, "cart", alt=_("Cart changes"))


def _product(change: CartChange) -> str:
    several = f" × {change.quantity}" if change.quantity and change.quantity > 1 else ""
    return change.product + several


def announce(mail: Mail) -> None:
    """Show what is new as one toast, however much it is: two at once would hide each other."""
    fresh = mail.since(state.toasted_at)
    if not fresh:
        return
    state.toasted_at = fresh[0].at
    if len(fresh) == 1:
        words = f"**{marks.plain(fresh[0].title)}**  \n{marks.plain(fresh[0].body)}"
    else:
        titles = ", ".join(dict.fromkeys(note.title for note in fresh))
        many = ngettext("{count} new notification", "{count} new notifications", len(fresh))
        words = f"**{many.format(count=len(fresh))}**  \n{marks.plain(titles)}"
    st.toast(words, icon=":material/notifications:")


def draw() -> None:
    """Draw one moment."""
    me, agent = customer(), staff()
    mine, theirs = party(me), party(agent)
    live_line(sockets((me, mine), (agent, theirs)))
    mail = mine.mail().until(frame.moment().at)
    if state.inbox_of != me.user_id:  # what was there before is neither new nor unread
        state.inbox_of = me.user_id
        state.read_at = state.toasted_at = mail.notes[0].at if mail.notes else feed().now()
    announce(mail)
    if trouble := state.pop(chat_panes.TROUBLE, ""):
        st.toast(marks.plain(trouble), icon=":material/error:")
    talks = theirs.talks()
    told, customers, staffs = st.columns(3, gap="xsmall")
    with (
        told,
        st.container(key="stack-inbox", height=look.HEIGHTS["pane"], border=False, gap="xsmall"),
    ):
        whose(me)
        notifications(mail)
        cart(mail)
    own = [talk for talk in mine.talks() if talk.customer and talk.customer.id == me.user_id]
    if state[chat_panes.TALK] is None and (own or mine.is_listed):  # not before it is known
        chat_panes.choose(own[0].id if own else "")
    chosen = state[chat_panes.TALK]
    with customers:
        talk = next((talk for talk in own if talk.id == chosen), None)
        chat_panes.customer(me, mine, mine.recall(talk) if talk else None)
    with staffs:
        talk = next((talk for talk in talks if talk.id == chosen), None)
        chat_panes.staff(agent, theirs, theirs.recall(talk) if talk else None, talks)


def sockets(*ends: tuple[Persona, Party]) -> str:
    """Say how the sockets of this tab are."""
    told = []
    for who, end in ends:
        link = end.line.link()
        trip = link.round_trip_ms
        told.append(f"{who.name}: {link.title() if trip is None else milliseconds(trip)}")
    return _("two connections of this tab") + " · " + " · ".join(told)


def milliseconds(value: float) -> str:
    """Write a round trip."""
    return _("{count} ms").format(count=f"{value:.0f}")


state.setdefault(chat_panes.OPENED, feed().now())
state.setdefault(chat_panes.SEEN, {})
state.setdefault(chat_panes.TALK, None)
state.setdefault("taken", set())
state.setdefault("inbox_of", "")
state.setdefault("customer", None)
now = feed().snapshot()
state.about = known(now)
if (asked := st.query_params.get(ASKED)) and is_key(asked):
    state.customer = named(asked, now)
live_line = frame.header(_("Inbox"))
frame.live("inbox", draw)
