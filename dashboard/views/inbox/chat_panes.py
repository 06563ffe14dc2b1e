"""The Inbox's chat panes: the customer's and the staff's view of a conversation."""

from __future__ import annotations

import html

import streamlit as st

from dashboard.dependencies import feed
from dashboard.i18n.translate import _, ngettext
from dashboard.personas import Persona
from dashboard.state.live_state import Snapshot
from dashboard.tab_session import tab
from dashboard.ui import (
    connection_badge,
    formatting,
    simulator_commands,
    tables,
    theme,
    url_select,
)
from dashboard.ui.tables import Column
from dashboard.views.inbox.conversations import SIMULATED_AGENT_ID, ChatConversation, ChatEntry
from dashboard.views.inbox.notifications import CartChange
from dashboard.views.inbox.participant import ChatParticipant, SendFailed
from protocol.event_payloads import CustomerRef
from protocol.simulator_api import Command, ReleaseConversation, TakeConversation

MAX_MESSAGE_LENGTH = 2000  # characters, the server's limit
LIST_ROWS = 5
CONTEXT_ORDERS = 3  # of the customer, beside the chat
CUSTOMER_PARAM = "customer"  # of the customer's id, in the URL


def draw_customer_pane(
    persona: Persona, participant: ChatParticipant, conversation: ChatConversation | None
) -> None:
    """Draw the customer's pane; the first message opens a conversation."""
    with theme.card(
        "chat-customer",
        _("Customer: {name}").format(name=persona.name),
        formatting.chip_html(f"user:{persona.user_id}", "user"),
        size="pane",
    ):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_("Chat with support") if conversation else _("New conversation"))
            st.button(
                _("New conversation"),
                icon=":material/add_comment:",
                key="new-conversation",
                type="tertiary",
                disabled=conversation is None,
                on_click=select_conversation,
                args=("",),
            )
        hint = _("Write below; the support pane receives it over its own connection.")
        draw_messages("customer", participant, conversation, persona, _("No messages yet"), hint)
        draw_message_input("customer", _("Write to support"), participant, conversation)


def draw_staff_pane(
    persona: Persona,
    participant: ChatParticipant,
    conversation: ChatConversation | None,
    conversations: tuple[ChatConversation, ...],
    now: Snapshot,
    cart: CartChange | None,
) -> None:
    """Draw the staff's pane: all conversations, and the selected one with its customer.

    ``cart`` is the latest change of this customer's cart, if it is known.
    """
    unread = sum(unread_count(one, persona) > 0 for one in conversations)
    aside = ngettext("{count} unread", "{count} unread", unread).format(count=unread)
    chip = formatting.chip_html(f"tenant:{persona.tenant or feed().tenant}", "tenant")
    title = _("Support: {name}").format(name=persona.name)
    with theme.card("chat-staff", title, f"{aside} {chip}", size="pane"):
        draw_conversation_list(conversations, persona)
        if conversation:
            tab().inbox.last_seen[conversation.id] = conversation.latest_at
            if conversation.customer:
                draw_context(conversation.customer, now, cart)
        hint = _("Select a conversation above, or write as the customer on the left.")
        draw_messages("staff", participant, conversation, persona, _("No conversation open"), hint)
        if conversation:
            draw_responder(conversation, now)
        draw_message_input(
            "staff",
            _("Reply as {name}").format(name=persona.name),
            participant,
            conversation,
            requires_conversation=True,
        )


def draw_conversation_list(conversations: tuple[ChatConversation, ...], persona: Persona) -> None:
    """Draw the conversations, latest first; selecting one shows it in both panes."""
    where = formatting.viewer_timezone()
    columns: dict[str, Column[ChatConversation]] = {
        _("New"): tables.right_aligned_column(
            44, lambda one: str(unread_count(one, persona) or "")
        ),
        _("Customer"): tables.text_column(124, customer_name),
        _("Time"): tables.text_column(
            60, lambda one: formatting.format_time(one.latest_at, timezone=where)
        ),
        _("Last message"): tables.text_column(
            100, lambda one: one.entries[-1].text if one.entries else "", grows=True
        ),
    }
    alt = _("Conversations")
    tables.draw_table(
        conversations,
        columns,
        "conversations",
        row_id=lambda one: one.id,
        selected=tab().inbox.conversation_id or "",
        on_select=select_row,
        visible_rows=LIST_ROWS,
        alt=alt,
    )


def customer_name(conversation: ChatConversation) -> str:
    """Return the customer's name, or an ellipsis until it is known."""
    return conversation.customer.name if conversation.customer else "…"


def select_row(conversation: ChatConversation) -> None:
    """Select a conversation and its customer."""
    if conversation.customer:
        show_customer(conversation.customer)
        select_conversation(conversation.id)


def show_customer(customer: CustomerRef) -> None:
    """Show another customer's inbox and latest conversation."""
    url_select.keep_value("inbox", CUSTOMER_PARAM, customer.id)
    tab().inbox.customer, tab().inbox.conversation_id = customer, None


def select_conversation(conversation_id: str) -> None:
    """Select a conversation; an empty id starts a new one."""
    tab().inbox.conversation_id = conversation_id


def unread_count(conversation: ChatConversation, persona: Persona) -> int:
    """Count the messages not yet seen in this tab."""
    inbox = tab().inbox
    since = max(inbox.opened_at, inbox.last_seen.get(conversation.id, 0.0))
    return conversation.unread_count(persona.user_id, since)


def draw_context(customer: CustomerRef, now: Snapshot, cart: CartChange | None) -> None:
    """Draw what support should know about a customer: name, cart, and the latest orders."""
    name = f"<b>{html.escape(customer.name)}</b>"
    chip = formatting.chip_html(f"user:{customer.id}", "user")
    with st.container(key="chat-context", gap="xxsmall"):
        st.html(formatting.split_row_html(f"{name} {chip}", html.escape(cart_text(cart)), "quiet"))
        orders = [order for order in now.orders if order.customer_id == customer.id]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if not orders:
                st.caption(_("No recent orders"))
            for order in orders[:CONTEXT_ORDERS]:
                st.page_link(
                    "views/orders/page.py",
                    label=f"{order.number} · {theme.display_name(order.status)}",
                    query_params={"order": order.id},
                    width="content",
                )
            if len(orders) > CONTEXT_ORDERS:
                more = len(orders) - CONTEXT_ORDERS
                words = ngettext("and {count} more", "and {count} more", more)
                st.caption(words.format(count=more))


def cart_text(cart: CartChange | None) -> str:
    """Return what is in the cart after its latest change, and its total."""
    if cart is None or not cart.item_count:
        return _("cart: empty")
    things = ngettext("{count} product", "{count} products", cart.item_count)
    total = formatting.format_number(float(cart.total), 2)
    return _("cart: {things} · {total} ₴").format(
        things=things.format(count=cart.item_count), total=total
    )


def draw_messages(
    side: str,
    participant: ChatParticipant,
    conversation: ChatConversation | None,
    persona: Persona,
    empty_title: str,
    empty_hint: str,
) -> None:
    """Draw the messages, newest at the bottom, those of the pane's side on the right."""
    with st.container(height="stretch", border=False, key=f"chat-log-{side}"):
        link = participant.socket.status()
        if not link.is_live:
            return theme.draw_empty_state(
                "cloud_off",
                connection_badge.title(link),
                formatting.escape_markdown(connection_badge.detail(link, feed().now())),
            )
        if conversation is None and not participant.has_conversation_list:
            st.caption(_("Connecting…"))
            return None
        if conversation is None or not conversation.entries:
            return theme.draw_empty_state("forum", empty_title, empty_hint)
        messages = "".join(
            message_html(
                entry,
                "customer" if conversation.is_from_customer(entry) else "support",
                side,
                is_own=entry.sender_id == persona.user_id,
            )
            for entry in conversation.entries
        )
        st.html(f'<div class="chat">{messages}</div>')


def message_html(entry: ChatEntry, role: str, pane: str, *, is_own: bool) -> str:
    """Return a message as HTML, with the sender unless it is the pane's persona.

    ``role`` is who wrote it, ``customer`` or ``support``: it has the colour of the role, and is
    on the right in the role's own ``pane`` (``customer`` or ``staff``).
    """
    by = "" if is_own else f"{entry.sender} · "
    if entry.sender_id == SIMULATED_AGENT_ID:
        by += _("simulated") + " · "
    at = html.escape(f"{by}{formatting.format_time(entry.at)}")
    side = "mine" if (role == "customer") == (pane == "customer") else "theirs"
    return f'<div class="{side} {role}">{html.escape(entry.text)}<small>{at}</small></div>'


def draw_responder(conversation: ChatConversation, now: Snapshot) -> None:
    """Draw who replies in this conversation, and the button that changes it."""
    # By the last response, also while there is none: the button must not change because of that.
    shop = now.shop
    is_taken = conversation.is_taken(
        shop.taken_conversations if shop else (), (now.stock.at or 0.0) if shop else 0.0
    )
    with st.container(key="responder", horizontal=True, vertical_alignment="center", gap="small"):
        if is_taken:
            person = conversation.last_human_entry()
            st.caption(taken_text(person.sender if person else ""), width="stretch")
            draw_responder_button(
                _("Hand back"),
                "smart_toy",
                ReleaseConversation(conversation=conversation.id),
                shop is None,
                _("The simulated agent replies again, from the customer's next message on"),
            )
        else:
            st.caption(_("The simulated agent replies until a person does."), width="stretch")
            draw_responder_button(
                _("Take over"),
                "front_hand",
                TakeConversation(conversation=conversation.id),
                shop is None,
                _("The simulated agent stops replying in this conversation"),
            )


def taken_text(person: str) -> str:
    """Return who replies instead of the simulated agent; ``person`` is empty if unknown."""
    if person:
        words = _("{name} replies here. The simulated agent no longer replies.")
        return words.format(name=formatting.escape_markdown(person))
    return _("Support staff reply here. The simulated agent no longer replies.")


def draw_responder_button(
    label: str, icon: str, command: Command, is_disabled: bool, help: str
) -> None:
    """Draw the button that sends a command about the conversation to the simulator."""
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"responder-{icon}",
        type="tertiary",
        help=help,
        disabled=is_disabled,
        on_click=send_command,
        args=(command,),
    )


def send_command(command: Command) -> None:
    """Send a command; an error is shown as a toast."""
    simulator_commands.send_command(command)
    outcome = simulator_commands.last_result()
    tab().inbox.error = outcome.error if outcome else ""


def draw_message_input(
    side: str,
    prompt: str,
    participant: ChatParticipant,
    conversation: ChatConversation | None,
    requires_conversation: bool = False,
) -> None:
    """Draw the input field; its text is sent over the participant's socket."""
    key = tab().widget_key(f"chat-input-{side}")
    st.chat_input(
        prompt,
        key=key,
        max_chars=MAX_MESSAGE_LENGTH,
        disabled=not participant.socket.status().is_live
        or (requires_conversation and conversation is None),
        on_submit=send_message,
        args=(key, participant, conversation),
    )


def send_message(
    key: str, participant: ChatParticipant, conversation: ChatConversation | None
) -> None:
    """Send the text of an input field; a text that the server refuses stays in the field.

    A callback: a run that reads the text while it draws may be interrupted before it does.
    """
    text = st.session_state[key]
    try:
        select_conversation(
            participant.send_message(text, conversation.id if conversation else None)
        )
    except SendFailed as why:
        tab().inbox.error = _(str(why))
        st.session_state[key] = text  # the browser has emptied the field
