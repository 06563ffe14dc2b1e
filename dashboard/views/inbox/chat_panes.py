"""The Inbox's chat panes: the customer's and the staff's view of a conversation."""

from __future__ import annotations

import html

import streamlit as st

from dashboard.dependencies import feed
from dashboard.i18n.translate import _, ngettext
from dashboard.personas import Persona
from dashboard.tab_session import tab
from dashboard.ui import connection_badge, formatting, simulator_commands, tables, theme
from dashboard.ui.tables import Column
from dashboard.views.inbox.conversations import SIMULATED_AGENT_ID, ChatConversation, ChatEntry
from dashboard.views.inbox.participant import ChatParticipant, SendFailed
from protocol.simulator_api import TakeConversation

MAX_MESSAGE_LENGTH = 2000  # characters, the server's limit
LIST_ROWS = 5


def draw_customer_pane(
    persona: Persona, participant: ChatParticipant, conversation: ChatConversation | None
) -> None:
    """Draw the customer's pane; the first message opens a conversation."""
    with theme.card(
        "chat-customer",
        persona.name,
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
        draw_messages(
            "customer", participant, conversation, persona.user_id, _("No messages yet"), hint
        )
        draw_message_input("customer", _("Write to support"), participant, conversation)


def draw_staff_pane(
    persona: Persona,
    participant: ChatParticipant,
    conversation: ChatConversation | None,
    conversations: tuple[ChatConversation, ...],
) -> None:
    """Draw the staff's pane: all conversations, and the selected one."""
    unread = sum(unread_count(one, persona) > 0 for one in conversations)
    aside = ngettext("{count} unread", "{count} unread", unread).format(count=unread)
    chip = formatting.chip_html(f"tenant:{persona.tenant or feed().tenant}", "tenant")
    title = _("{name}, support").format(name=persona.name)
    with theme.card("chat-staff", title, f"{aside} {chip}", size="pane"):
        draw_conversation_list(conversations, persona)
        if conversation:
            tab().inbox.last_seen[conversation.id] = conversation.latest_at
        hint = _("Select a conversation above, or write as the customer on the left.")
        draw_messages(
            "staff", participant, conversation, persona.user_id, _("No conversation open"), hint
        )
        if conversation:
            draw_responder(conversation)
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
        tab().inbox.customer = conversation.customer
        select_conversation(conversation.id)


def select_conversation(conversation_id: str) -> None:
    """Select a conversation; an empty id starts a new one."""
    tab().inbox.conversation_id = conversation_id


def unread_count(conversation: ChatConversation, persona: Persona) -> int:
    """Count the messages not yet seen in this tab."""
    inbox = tab().inbox
    since = max(inbox.opened_at, inbox.last_seen.get(conversation.id, 0.0))
    return conversation.unread_count(persona.user_id, since)


def draw_messages(
    side: str,
    participant: ChatParticipant,
    conversation: ChatConversation | None,
    own_user_id: str,
    empty_title: str,
    empty_hint: str,
) -> None:
    """Draw the messages, newest at the bottom, the pane's own on the right."""
    with st.container(height="stretch", border=False, key=f"chat-log-{side}"):
        link = participant.socket.status()
        if not link.is_live:
            return theme.draw_empty_state(
                "cloud_off",
                connection_badge.title(link),
                formatting.escape_markdown(connection_badge.detail(link, feed().now())),
            )
        if conversation is None or not conversation.entries:
            return theme.draw_empty_state("forum", empty_title, empty_hint)
        messages = "".join(message_html(entry, own_user_id) for entry in conversation.entries)
        st.html(f'<div class="chat">{messages}</div>')


def message_html(entry: ChatEntry, own_user_id: str) -> str:
    """Return a message as HTML, with the sender unless it is the pane's own."""
    is_own = entry.sender_id == own_user_id
    machine = _("simulated")
    by = (
        f"{entry.sender} · {machine} · "
        if entry.sender_id == SIMULATED_AGENT_ID
        else f"{entry.sender} · "
    )
    if is_own:
        by = ""
    at = html.escape(f"{by}{formatting.format_time(entry.at)}")
    side = "mine" if is_own else "theirs"
    return f'<div class="{side}">{html.escape(entry.text)}<small>{at}</small></div>'


def draw_responder(conversation: ChatConversation) -> None:
    """Draw who replies in this conversation, and a button to take it over."""
    person = conversation.last_human_entry()
    if person or conversation.id in tab().inbox.taken_over:
        name = person.sender if person else _("You")
        st.caption(
            _("Answered by: {name}. The simulated agent no longer replies.").format(name=name)
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("The simulated agent replies until a person takes over."), width="stretch")
        st.button(
            _("Take over"),
            icon=":material/front_hand:",
            key="take-over",
            type="tertiary",
            on_click=take_over,
            args=(conversation.id,),
        )


def take_over(conversation_id: str) -> None:
    """Stop the simulated agent from replying in a conversation."""
    simulator_commands.send_command(TakeConversation(conversation=conversation_id))
    outcome = simulator_commands.last_result()
    if outcome and not outcome.error:
        tab().inbox.taken_over.add(conversation_id)
    else:
        tab().inbox.error = outcome.error if outcome else ""


def draw_message_input(
    side: str,
    prompt: str,
    participant: ChatParticipant,
    conversation: ChatConversation | None,
    requires_conversation: bool = False,
) -> None:
    """Draw the input field and send its text over the participant's socket."""
    words = st.chat_input(
        prompt,
        key=f"chat-input-{side}",
        max_chars=MAX_MESSAGE_LENGTH,
        disabled=not participant.socket.status().is_live
        or (requires_conversation and conversation is None),
    )
    if words:
        try:
            select_conversation(
                participant.send_message(words, conversation.id if conversation else None)
            )
        except SendFailed as why:
            tab().inbox.error = _(str(why))
        st.rerun(scope="fragment")
